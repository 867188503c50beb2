//go:build go1.25

package shim_test

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"yamux-conform/shims/go/shimtest"
)

// sessions asks for one on each clock.
func sessions(t *testing.T) map[string]string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return map[string]string{
		"live":     fmt.Sprintf(`{"id":1,"op":"session","session":"a","side":"client","dial":%q}`, listener.Addr()),
		"lockstep": `{"id":1,"op":"session","session":"a","side":"client","clock":"lockstep"}`,
	}
}

func TestAPanicOfTheLibraryEndsTheProcessWithItsTrace(t *testing.T) {
	path := shimtest.Build(t, "./testdata/faulty")
	for clock, begin := range sessions(t) {
		for call, request := range map[string]string{
			"the library is wrong":    `{"id":3,"op":"ping","session":"a"}`,
			"nil pointer dereference": `{"id":3,"op":"set_deadline","session":"a","stream":"s","read_us":1}`,
		} {
			p := shimtest.StartToFail(t, path)
			p.Ask(1, begin)
			p.Ask(1, `{"id":2,"op":"open","session":"a","stream":"s"}`)
			p.Ask(0, request)
			stdout, stderr, err := p.Died()
			var exit *exec.ExitError
			if exit, _ = err.(*exec.ExitError); exit == nil || exit.ExitCode() != 2 {
				t.Errorf("%s: the process ended with %v", clock, err)
			}
			if stdout != "" {
				t.Errorf("%s: after the panic there is %q on stdout", clock, stdout)
			}
			if !strings.Contains(stderr, call) || !strings.Contains(stderr, "testdata/faulty") && !strings.Contains(stderr, "setDeadline") {
				t.Errorf("%s: stderr says\n%s", clock, stderr)
			}
		}
	}
}

func TestACallThatNeverReturnsLeavesEndUnanswered(t *testing.T) {
	path := shimtest.Build(t, "./testdata/faulty")
	for clock, begin := range sessions(t) {
		p := shimtest.Start(t, path)
		p.Ask(1, begin)
		// No answer comes to these two, so what is answered next is the hello.
		answers := p.Ask(1,
			`{"id":2,"op":"accept","session":"a","stream":"s"}`,
			`{"id":3,"op":"end","session":"a"}`,
			`{"id":4,"op":"hello","protocols":[1]}`)
		if !strings.HasPrefix(answers[0], `{"id":4,"ok"`) {
			t.Errorf("%s: answered %v", clock, answers)
		}
		if answer := p.Ask(1, `{"id":5,"op":"bye"}`)[0]; !strings.HasPrefix(answer, `{"id":5,"ok"`) {
			t.Errorf("%s: bye is answered %s", clock, answer)
		}
	}
}
