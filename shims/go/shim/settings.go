package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// settings are what a session is made with.
type settings struct {
	library      library.Settings
	socketBuffer int
}

// mostBacklog bounds what a library sets aside for a session: it may allocate
// the whole backlog at once.
const mostBacklog = 1 << 20

// A setting is one that the shim protocol has.
type setting struct {
	// zeroIsOff says that 0 asks for nothing.
	zeroIsOff bool
	// set puts the number into place; its error is why no library can have it.
	set func(*settings, uint64) error
}

// allSettings has them by name. Timeouts are in microseconds.
var allSettings = map[string]setting{
	"accept_backlog": {false, func(s *settings, n uint64) error {
		return within(n, mostBacklog, func() { s.library.AcceptBacklog = ptr(int(n)) })
	}},
	"connection_write_timeout_us": {false, func(s *settings, us uint64) error {
		return duration(us, func(d time.Duration) { s.library.ConnectionWriteTimeout = &d })
	}},
	"keep_alive_interval_us": {true, func(s *settings, us uint64) error {
		return duration(us, func(d time.Duration) { s.library.KeepAliveInterval = d })
	}},
	"max_frame_size": {false, func(s *settings, n uint64) error {
		return within(n, math.MaxUint32, func() { s.library.MaxFrameSize = ptr(uint32(n)) })
	}},
	"max_streams": {false, func(s *settings, n uint64) error {
		return within(n, math.MaxUint32, func() { s.library.MaxStreams = ptr(uint32(n)) })
	}},
	"next_stream_id": {false, func(*settings, uint64) error { return errors.New("no library has it") }},
	"max_window": {false, func(s *settings, n uint64) error {
		return within(n, math.MaxUint32, func() { s.library.MaxWindow = ptr(uint32(n)) })
	}},
	"socket_buffer": {true, func(s *settings, n uint64) error {
		return within(n, math.MaxInt32, func() { s.socketBuffer = int(n) })
	}},
	"stream_close_timeout_us": {true, func(s *settings, us uint64) error {
		return duration(us, func(d time.Duration) { s.library.StreamCloseTimeout = &d })
	}},
	"stream_open_timeout_us": {true, func(s *settings, us uint64) error {
		return duration(us, func(d time.Duration) { s.library.StreamOpenTimeout = &d })
	}},
}

// parseSettings reads what a session is to be made with. The answer is meant
// only if ok is false.
func (s *Server) parseSettings(wanted map[string]json.RawMessage) (made settings, refused control.Answer, ok bool) {
	// In order: of several that are wrong always the same one is told.
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		text, known := wanted[name], allSettings[name]
		if isOff(text) {
			continue
		}
		reason, unsupported := s.library.Unsupported[name]
		if known.set == nil && !unsupported {
			reason, unsupported = fmt.Sprintf("this shim knows no setting %q", name), true
		}
		if unsupported && !(known.zeroIsOff && string(text) == "0") {
			return made, control.Unsupported(reason), false
		}
		if unsupported {
			continue
		}
		var number uint64
		if err := json.Unmarshal(text, &number); err != nil {
			return made, control.Fault(fmt.Sprintf("setting %q must be a number from 0 on, found %s", name, text)), false
		}
		if err := known.set(&made, number); err != nil {
			return made, control.Unsupported(fmt.Sprintf("setting %q: %v", name, err)), false
		}
	}
	return made, control.Answer{}, true
}

// isOff tells whether a setting asks for nothing: whoever does not have it can
// still be without it.
func isOff(text json.RawMessage) bool {
	return string(text) == "false" || string(text) == "null"
}

func within(n, most uint64, set func()) error {
	if n > most {
		return fmt.Errorf("%d is more than %d", n, most)
	}
	set()
	return nil
}

func duration(us uint64, set func(time.Duration)) error {
	const most = uint64(math.MaxInt64 / time.Microsecond)
	return within(us, most, func() { set(time.Duration(us) * time.Microsecond) })
}

func ptr[T any](value T) *T { return &value }
