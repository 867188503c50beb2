package shim

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go-hashicorp/internal/control"
)

// protocolVersion is the one version of the shim protocol spoken here.
const protocolVersion = 1

const libraryPath = "github.com/hashicorp/yamux"

// unsupported names what the library cannot be asked for, with the reason.
var unsupported = map[string]string{
	"close_resets": "hashicorp/yamux takes what comes for a closed stream until its close timeout, it cannot answer with RST at once",
	"reset":        "hashicorp/yamux has no call that resets a stream",
}

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
	Settings       []string       `json:"settings"`
	Unsupported    []refusal      `json:"unsupported"`
}

// lockstepClock is the protocol's word for virtual time.
const lockstepClock = "lockstep"

func hello(request *control.Request, hasLockstep bool) control.Answer {
	if !slices.Contains(request.Protocols, protocolVersion) {
		return control.Unsupported(fmt.Sprintf(
			"this shim speaks protocol %d, the harness offers %v", protocolVersion, request.Protocols))
	}
	able := capabilities{
		Protocol: protocolVersion,
		Implementation: implementation{
			Name:     "go-hashicorp",
			Library:  libraryPath,
			Version:  libraryVersion(),
			Language: runtime.Version(),
		},
		Sides:    []string{"client", "server"},
		Clocks:   []string{"live"},
		Settings: knownSettings(),
	}
	if hasLockstep {
		able.Clocks = append(able.Clocks, lockstepClock)
		able.LockstepPairs = true
	}
	for action := range actions {
		able.Actions = append(able.Actions, action)
	}
	slices.Sort(able.Actions)
	for name, reason := range unsupported {
		able.Unsupported = append(able.Unsupported, refusal{name, reason})
	}
	slices.SortFunc(able.Unsupported, func(a, b refusal) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return control.OK(able)
}

// libraryVersion returns the version of the library that is linked in, as the
// binary itself knows it.
func libraryVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range build.Deps {
		switch {
		case module.Path != libraryPath:
		case module.Replace == nil:
			return module.Version
		case module.Replace.Version == "", module.Replace.Version == "(devel)":
			// A folder of this machine: its path is nobody's business.
			return module.Version + " => replaced"
		default:
			return module.Version + " => " + module.Replace.Path + "@" + module.Replace.Version
		}
	}
	return versionInSources()
}

// versionInSources returns the version that is in the path of the library's
// source files: a test binary, which the program for virtual time is, does not
// list its modules. (It must not be built with -trimpath, which writes the
// version of go.mod there even if another folder stands in for it.)
func versionInSources() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(yamux.Client).Pointer()).FileLine(0)
	if _, rest, found := strings.Cut(file, libraryPath+"@"); found {
		version, _, _ := strings.Cut(rest, "/")
		return version
	}
	return "replaced"
}
