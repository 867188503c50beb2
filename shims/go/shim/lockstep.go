package shim

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/internal/memconn"
)

const (
	// usualCapacity is what a session's connection holds if it is not told: a
	// window, which is also what the built-in yamux holds, so that both stand
	// still at the same point when the transport does.
	usualCapacity = 256 << 10
	// aftermath is how long the clock runs on between two sessions, so that no
	// timer of the one goes off in the other.
	aftermath = 24 * time.Hour
	// garbageBytes and garbageSessions are how much may pile up before memory
	// is collected, which is done between sessions only: a collection inside
	// one could change the order of what happens at the same instant.
	garbageBytes    = 64 << 20
	garbageSessions = 200
)

// A bubble runs serve where time stands still unless everything in there waits;
// settle returns once everything does. It does not return.
type bubble func(serve func(settle func()) error)

// lockstep is what a Server needs in a bubble.
type lockstep struct {
	settle func()
	guard  *guard
	// news has a value if something has happened that the harness must hear.
	news chan struct{}
	// told is set when a line was written since the last step was answered.
	told atomic.Bool
	// ends are the transports of the sessions there are, by name: of one, or of
	// two that are the ends of one connection and share the clock.
	ends map[string]*end

	moved, sessions int
}

// An end is the transport of a session.
type end struct {
	*memconn.Conn
	began time.Time
	// room is how much output the harness takes, as far as it has said.
	room int
	// isOver is set once the harness knows that the transport has ended.
	isOver bool
}

// isNews tells whether the harness must hear of the end now.
func (e *end) isNews() bool { return e.room > 0 && e.Waiting() > 0 || e.Ended() && !e.isOver }

// serveLockstep serves first and what follows on lines, inside a bubble.
func (s *Server) serveLockstep(first []byte, lines *bufio.Reader, settle func()) error {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30)
	buffered := bufio.NewWriterSize(s.raw, 64<<10)
	inside := newServer(s.library, buffered, nil)
	inside.bubble = s.bubble
	l := &lockstep{settle: settle, guard: s.guard, news: make(chan struct{}, 1), ends: map[string]*end{}}
	inside.lockstep = l
	inside.out.Heard = func() {
		l.told.Store(true)
		l.changed()
	}
	line := first
	for {
		if len(line) > 0 {
			l.release(line)
			leave := inside.handle(line)
			l.rest()
			if leave {
				return errors.Join(inside.out.Failed(), inside.out.Flush())
			}
		}
		// Whoever has sent several lines at once gets the answers at once.
		if lines.Buffered() == 0 {
			if err := inside.out.Flush(); err != nil {
				return err
			}
		}
		var err error
		line, err = lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); err != nil && len(line) == 0 {
			if !errors.Is(err, io.EOF) {
				return fmt.Errorf("cannot read from the harness: %w", err)
			}
			return inside.out.Flush()
		}
	}
}

// release lets the library see the part of a frame that was held back, before a
// call may depend on it. (A step knows by itself.)
func (l *lockstep) release(line []byte) {
	if len(l.ends) > 0 && !bytes.Contains(line, []byte(`"step"`)) {
		l.releaseAll()
	}
}

func (l *lockstep) releaseAll() {
	for _, end := range l.ends {
		end.Release()
	}
	l.rest()
}

// changed says that there may be news.
func (l *lockstep) changed() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// rest returns once everything in the bubble waits.
func (l *lockstep) rest() {
	l.guard.begin()
	l.settle()
	l.guard.end()
}

// dial makes the transport of the named session.
func (l *lockstep) dial(session string) dial {
	return func(_ string, capacity int) (net.Conn, error) {
		if capacity == 0 {
			capacity = usualCapacity
		}
		made := &end{Conn: memconn.New(capacity, l.changed), began: time.Now(), room: math.MaxInt}
		l.ends[session] = made
		return made.Conn, nil
	}
}

// step delivers bytes, lets time pass, and tells what came of it.
func (s *Server) step(request *control.Request) {
	l := s.lockstep
	if l == nil || l.ends[request.Session] == nil {
		s.out.Answer(*request.ID, control.Fault(fmt.Sprintf("a step is for a session in lockstep: there is no %q", request.Session)))
		return
	}
	stepped := l.ends[request.Session]
	if err := l.deliver(stepped, request); err != nil {
		s.out.Answer(*request.ID, control.Fault(err.Error()))
		return
	}
	l.rest()
	stepped.room = math.MaxInt
	if request.Room != nil {
		stepped.room = int(min(*request.Room, math.MaxInt32))
	}
	if request.UntilNS != nil {
		l.releaseAll()
		l.advance(stepped.began.Add(time.Duration(*request.UntilNS)))
	}
	out := stepped.Take(nil, stepped.room)
	stepped.room -= len(out)
	l.moved += len(out)
	if len(out) > 0 {
		// Room may be what a write waits for.
		l.rest()
	}
	s.out.Line(stepped.answer(*request.ID, out))
	l.told.Store(false)
}

func (l *lockstep) deliver(to *end, request *control.Request) error {
	if len(request.Deliver) > 0 {
		input, err := base64.StdEncoding.AppendDecode(nil, request.Deliver)
		if err != nil {
			return fmt.Errorf(`"deliver" is not base64: %v`, err)
		}
		segment := len(input)
		if request.Segment != nil && *request.Segment > 0 {
			segment = int(min(*request.Segment, uint64(segment)))
		}
		l.moved += len(input)
		to.Deliver(input, segment)
		for to.Next() {
			l.rest()
		}
	}
	switch request.End {
	case "":
	case "eof", "reset":
		to.EndInput(request.End == "reset")
	default:
		return fmt.Errorf(`"end" must be "eof" or "reset", found %q`, request.End)
	}
	return nil
}

// advance lets time pass until there is something to tell, until at the latest.
func (l *lockstep) advance(until time.Time) {
	for {
		left := time.Until(until)
		if left <= 0 || l.told.Load() || l.isNews() {
			return
		}
		timer := time.NewTimer(left)
		l.guard.begin()
		select {
		case <-timer.C:
		case <-l.news:
		}
		l.guard.end()
		timer.Stop()
		l.rest()
	}
}

func (l *lockstep) isNews() bool {
	for _, end := range l.ends {
		if end.isNews() {
			return true
		}
	}
	return false
}

// answer is the line that answers a step. It is written by hand: it may be long.
func (e *end) answer(id uint64, out []byte) []byte {
	line := make([]byte, 0, 128+base64.StdEncoding.EncodedLen(len(out)))
	line = append(line, `{"id":`...)
	line = strconv.AppendUint(line, id, 10)
	line = append(line, `,"ok":{"now_ns":`...)
	line = strconv.AppendInt(line, int64(time.Since(e.began)), 10)
	if len(out) > 0 {
		line = append(line, `,"out":"`...)
		line = base64.StdEncoding.AppendEncode(line, out)
		line = append(line, '"')
	}
	if left := e.Waiting(); left > 0 {
		line = append(line, `,"left":`...)
		line = strconv.AppendInt(line, int64(left), 10)
	} else if e.Ended() {
		line = append(line, `,"end":"eof"`...)
		e.isOver = true
	}
	return append(line, "}}\n"...)
}

// sessionOver lets everything pass that the named session, and another one with
// it, has left behind.
func (l *lockstep) sessionOver(name string) {
	l.rest()
	if delete(l.ends, name); len(l.ends) > 0 {
		return
	}
	time.Sleep(aftermath)
	l.rest()
	l.told.Store(false)
	l.sessions++
	if l.moved > garbageBytes || l.sessions > garbageSessions {
		l.moved, l.sessions = 0, 0
		runtime.GC()
	}
}
