package memconn

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

func nothing() {}

func read(t *testing.T, c *Conn, size int) string {
	t.Helper()
	buf := make([]byte, size)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestAReadReturnsASegmentAtMost(t *testing.T) {
	c := New(0, nothing)
	c.Deliver([]byte("abcde"), 2)
	c.Deliver([]byte("fg"), 100)
	c.Release()
	for _, want := range []string{"ab", "cd", "e", "fg"} {
		if got := read(t, c, 100); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
}

func TestAWriteWaitsUntilNoMoreThanTheCapacityIsLeft(t *testing.T) {
	c := New(2, nothing)
	written := make(chan error)
	go func() {
		_, err := c.Write([]byte("abcdef"))
		written <- err
	}()
	var taken []byte
	for len(taken) < 3 {
		taken = c.Take(taken, 3-len(taken))
		time.Sleep(time.Millisecond)
	}
	select {
	case <-written:
		t.Fatal("the write returned with 3 bytes left and room for 2")
	case <-time.After(10 * time.Millisecond):
	}
	taken = c.Take(taken, 1)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if taken = c.Take(taken, 100); string(taken) != "abcdef" {
		t.Errorf("took %q", taken)
	}
}

func TestWhatThereWasNoRoomForIsLostWithTheConnection(t *testing.T) {
	c := New(2, nothing)
	written := make(chan int)
	go func() {
		n, err := c.Write([]byte("abcdef"))
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("the write ended with %v", err)
		}
		written <- n
	}()
	for c.Waiting() < 6 {
		time.Sleep(time.Millisecond)
	}
	_ = c.Close()
	if n := <-written; n != 2 {
		t.Errorf("%d bytes are reported as written, want 2", n)
	}
	if c.Ended() {
		t.Error("it has ended before everything was taken")
	}
	if taken := c.Take(nil, 100); string(taken) != "ab" || !c.Ended() {
		t.Errorf("took %q, ended %v", taken, c.Ended())
	}
}

func TestAnEndOfInputComesBehindTheInputAndLeavesWritesAlone(t *testing.T) {
	c := New(100, nothing)
	c.Deliver([]byte("ab"), 100)
	c.EndInput(false)
	if got := read(t, c, 100); got != "ab" {
		t.Errorf("read %q", got)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a read at the end returned %v", err)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		t.Errorf("a write after the end of input returned %v", err)
	}
}

func TestPingsAreReadOneByOneAndAPartOfABodyOnlyWhenReleased(t *testing.T) {
	const ping = "\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07"
	const data = "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04"
	c := New(100, nothing)
	next := func(want string) {
		t.Helper()
		if !c.Next() {
			t.Fatalf("nothing may be read, want %q", want)
		}
		if got := read(t, c, 100); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	none := func() {
		t.Helper()
		if c.Next() {
			t.Errorf("%q may be read", read(t, c, 100))
		}
	}
	c.Deliver([]byte(ping+data+"body"+ping+data+"body"+ping[:5]), 100)
	next(ping)
	next(data + "body" + ping)
	next(data + "body" + ping[:5])
	none()
	c.Deliver([]byte(ping[5:]+data+"bo"), 100)
	next(ping[5:])
	none()
	c.Deliver([]byte("d"), 100)
	none()
	c.Release()
	if got := read(t, c, 100) + read(t, c, 100); got != data+"bod" {
		t.Errorf("read %q", got)
	}
	c.Deliver([]byte("y"+data+"body"+ping), 100)
	next("y" + data + "body" + ping)
	none()
}

func TestBehindAHeaderThatMakesNoSenseEverythingMayBeRead(t *testing.T) {
	const nonsense = "\x07\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04"
	c := New(100, nothing)
	c.Deliver([]byte(nonsense+"ab"), 100)
	if !c.Next() || c.Next() {
		t.Error("there is not one piece to read")
	}
	if got := read(t, c, 100); got != nonsense+"ab" {
		t.Errorf("read %q", got)
	}
	c.Deliver([]byte("cd"), 100)
	if !c.Next() || read(t, c, 100) != "cd" {
		t.Error("what comes later cannot be read")
	}
}

func TestAResetEndsBothDirections(t *testing.T) {
	c := New(100, nothing)
	c.EndInput(true)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a read after the reset returned %v", err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a write after the reset returned %v", err)
	}
}

func TestADeadlineEndsAReadOrWriteThatWaits(t *testing.T) {
	c := New(2, nothing)
	began := time.Now()
	_ = c.SetDeadline(began.Add(20 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read ended with %v", err)
	}
	if waited := time.Since(began); waited < 20*time.Millisecond {
		t.Errorf("the read ended after %v", waited)
	}
	_ = c.SetDeadline(time.Time{})
	c.Deliver([]byte("x"), 1)
	c.Release()
	if got := read(t, c, 1); got != "x" {
		t.Errorf("without a deadline it reads %q", got)
	}
	_ = c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := c.Write([]byte("abc")); n != 2 || !os.IsTimeout(err) {
		t.Errorf("of three bytes for which there is room for two %d are written: %v", n, err)
	}
	if n, err := c.Write([]byte("d")); n != 0 || !os.IsTimeout(err) {
		t.Errorf("after the deadline %d bytes are written: %v", n, err)
	}
	if taken := c.Take(nil, 9); string(taken) != "ab" {
		t.Errorf("took %q", taken)
	}
}

func TestADeadlineThatIsSetLaterEndsAReadThatWaits(t *testing.T) {
	c := New(2, nothing)
	go func() {
		time.Sleep(10 * time.Millisecond)
		_ = c.SetReadDeadline(time.Now())
	}()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read ended with %v", err)
	}
}
