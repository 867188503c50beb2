package shim

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"

	"yamux-conform/shims/go/internal/control"
	"yamux-conform/shims/go/library"
)

// protocolVersion is the one version of the shim protocol spoken here.
const protocolVersion = 1

type implementation struct {
	Name     string `json:"name"`
	Library  string `json:"library"`
	Version  string `json:"version"`
	Language string `json:"language"`
}

type refusal struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

type capabilities struct {
	Protocol       int            `json:"protocol"`
	Implementation implementation `json:"implementation"`
	Sides          []string       `json:"sides"`
	Clocks         []string       `json:"clocks"`
	LockstepPairs  bool           `json:"lockstep_pairs,omitempty"`
	Actions        []string       `json:"actions"`
	Abilities      []string       `json:"abilities"`
	Settings       []string       `json:"settings"`
	Unsupported    []refusal      `json:"unsupported"`
	Habits         []string       `json:"habits,omitempty"`
}

// abilities are what of its actions a library may have or not.
var abilities = map[string]struct{}{
	"cancel_accept":      {},
	"cancel_open":        {},
	"cancel_read":        {},
	"cancel_write":       {},
	"code_close_session": {},
	"code_go_away":       {},
	"code_reset":         {},
	"deadline_accept":    {},
	"deadline_open":      {},
	"stats_descriptors":  {},
	"stats_heap":         {},
	"stats_streams":      {},
	"stats_tasks":        {},
	"told_codes":         {},
}

// lockstepClock is the protocol's word for virtual time.
const lockstepClock = "lockstep"

func (s *Server) hello(request *control.Request) control.Answer {
	if !slices.Contains(request.Protocols, protocolVersion) {
		return control.Unsupported(fmt.Sprintf(
			"this shim speaks protocol %d, the harness offers %v", protocolVersion, request.Protocols))
	}
	able := capabilities{
		Protocol: protocolVersion,
		Implementation: implementation{
			Name:     s.library.Name,
			Library:  s.library.Path,
			Version:  linkedVersion(s.library.Path),
			Language: runtime.Version(),
		},
		Sides:     []string{string(library.Client), string(library.Server)},
		Clocks:    []string{"live"},
		Actions:   supported(actions, s.library.Unsupported),
		Abilities: supported(abilities, s.library.Unsupported),
		Settings:  supported(allSettings, s.library.Unsupported),
		Habits:    s.library.Habits,
	}
	if s.bubble != nil {
		able.Clocks = append(able.Clocks, lockstepClock)
		able.LockstepPairs = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.library.Unsupported)) {
		able.Unsupported = append(able.Unsupported, refusal{name, s.library.Unsupported[name]})
	}
	return control.OK(able)
}

// supported returns the names of what there is, in order, but for what the
// library cannot have.
func supported[T any](all map[string]T, unsupported map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, refused := unsupported[name]; !refused {
			names = append(names, name)
		}
	}
	return names
}

// linkedVersion returns the version of the library that is linked in, as the
// binary itself knows it.
func linkedVersion(path string) string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range build.Deps {
		switch {
		case module.Path != path:
		case module.Replace == nil:
			return module.Version
		case module.Replace.Version == "", module.Replace.Version == "(devel)":
			// A folder of this machine: its path is nobody's business.
			return module.Version + " => replaced"
		default:
			return module.Version + " => " + module.Replace.Path + "@" + module.Replace.Version
		}
	}
	// A test binary does not list its modules.
	return "unknown"
}
