package shim

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
	"slices"
	"time"

	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go-hashicorp/internal/control"
)

// settings are what a session is made with.
type settings struct {
	config       *yamux.Config
	socketBuffer int
}

// mostBacklog bounds what the library sets aside for a session: it allocates
// the whole backlog at once.
const mostBacklog = 1 << 20

// A setter puts one setting's number into place. Its error is the reason why
// the library cannot be set so.
type setter func(*settings, uint64) error

// setters holds every setting this shim knows. Timeouts are in microseconds.
var setters = map[string]setter{
	"accept_backlog": func(s *settings, n uint64) error {
		return within(n, mostBacklog, func() { s.config.AcceptBacklog = int(n) })
	},
	"connection_write_timeout_us": func(s *settings, us uint64) error {
		if us == 0 {
			return fmt.Errorf("hashicorp/yamux cannot be without a connection write timeout")
		}
		return duration(us, &s.config.ConnectionWriteTimeout)
	},
	"keep_alive_interval_us": func(s *settings, us uint64) error {
		if s.config.EnableKeepAlive = us > 0; us == 0 {
			return nil
		}
		return duration(us, &s.config.KeepAliveInterval)
	},
	"max_window": func(s *settings, n uint64) error {
		return within(n, math.MaxUint32, func() { s.config.MaxStreamWindowSize = uint32(n) })
	},
	"socket_buffer": func(s *settings, n uint64) error {
		return within(n, math.MaxInt32, func() { s.socketBuffer = int(n) })
	},
	"stream_close_timeout_us": func(s *settings, us uint64) error {
		return duration(us, &s.config.StreamCloseTimeout)
	},
	"stream_open_timeout_us": func(s *settings, us uint64) error {
		return duration(us, &s.config.StreamOpenTimeout)
	},
}

// knownSettings returns the names of all settings, in order.
func knownSettings() []string {
	names := make([]string, 0, len(setters))
	for name := range setters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// parseSettings makes the library's configuration. What is absent or null is
// as the protocol has it: no keep-alive, no close and no open timeout; else the
// library's own default. The answer is meant only if ok is false.
func parseSettings(wanted map[string]json.RawMessage, logger *log.Logger) (made *settings, refused control.Answer, ok bool) {
	made = &settings{config: yamux.DefaultConfig()}
	made.config.LogOutput, made.config.Logger = nil, logger
	made.config.EnableKeepAlive = false
	made.config.StreamCloseTimeout = 0
	made.config.StreamOpenTimeout = 0
	for name, text := range wanted {
		set, known := setters[name]
		if !known {
			if isOff(text) {
				continue
			}
			return nil, control.Unsupported(fmt.Sprintf("hashicorp/yamux has no setting %q", name)), false
		}
		var number *uint64
		if err := json.Unmarshal(text, &number); err != nil {
			return nil, control.Fault(fmt.Sprintf("setting %q must be a number from 0 on, found %s", name, text)), false
		}
		if number == nil {
			continue
		}
		if err := set(made, *number); err != nil {
			return nil, control.Unsupported(fmt.Sprintf("setting %q: %v", name, err)), false
		}
	}
	if err := yamux.VerifyConfig(made.config); err != nil {
		return nil, control.Unsupported(err.Error()), false
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

func duration(us uint64, into *time.Duration) error {
	const most = uint64(math.MaxInt64 / time.Microsecond)
	return within(us, most, func() { *into = time.Duration(us) * time.Microsecond })
}
