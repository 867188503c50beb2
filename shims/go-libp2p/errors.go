package main

import (
	"errors"
	"reflect"
	"strings"

	"github.com/libp2p/go-yamux/v5"

	"yamux-conform/shims/go/library"
)

// exported holds every error that the library exports.
var exported = []library.Named{
	{Name: "ErrConnectionWriteTimeout", Err: yamux.ErrConnectionWriteTimeout, Class: library.ConnectionWriteTimeout},
	{Name: "ErrDuplicateStream", Err: yamux.ErrDuplicateStream, Class: library.Protocol},
	{Name: "ErrInvalidMsgType", Err: yamux.ErrInvalidMsgType, Class: library.Protocol},
	{Name: "ErrInvalidVersion", Err: yamux.ErrInvalidVersion, Class: library.Protocol},
	{Name: "ErrKeepAliveTimeout", Err: yamux.ErrKeepAliveTimeout, Class: library.KeepaliveTimeout},
	{Name: "ErrRecvWindowExceeded", Err: yamux.ErrRecvWindowExceeded, Class: library.WindowExceeded},
	{Name: "ErrRemoteGoAway", Err: yamux.ErrRemoteGoAway, Class: library.RemoteGoAway},
	{Name: "ErrSessionShutdown", Err: yamux.ErrSessionShutdown, Class: library.SessionShutdown},
	{Name: "ErrStreamClosed", Err: yamux.ErrStreamClosed, Class: library.StreamClosed},
	{Name: "ErrStreamReset", Err: yamux.ErrStreamReset, Class: library.StreamReset},
	{Name: "ErrStreamsExhausted", Err: yamux.ErrStreamsExhausted, Class: library.StreamsExhausted},
	// Before what the standard library has: it is a net.Error too.
	{Name: "ErrTimeout", Err: yamux.ErrTimeout, Class: library.Deadline},
	{Name: "ErrUnexpectedFlag", Err: yamux.ErrUnexpectedFlag, Class: library.Protocol},
}

// unnamed holds how the errors begin that the library makes on the spot.
var unnamed = []struct {
	begins string
	class  library.Class
}{
	{"both yamux endpoints are clients", library.Protocol},
	{"receive window exceeded ", library.WindowExceeded},
	// What v4 makes of a go-away with another code than normal.
	{"yamux protocol error", library.RemoteGoAway},
	{"remote yamux internal error", library.RemoteGoAway},
	{"unexpected go away received", library.RemoteGoAway},
	// The transport took no more while an answer was to be sent.
	{"send loop done", library.Transport},
}

// classOf says why a call of the library failed.
func classOf(err error) library.Class {
	// A stream says of a session that has ended that it was reset, and wraps
	// why. But a go-away of any code is one first, and also matches ErrStreamReset.
	switch {
	case errors.Is(err, yamux.ErrRemoteGoAway):
		return library.RemoteGoAway
	case errors.Is(err, yamux.ErrSessionShutdown):
		return library.SessionShutdown
	case errors.Is(err, yamux.ErrStreamReset):
		return library.StreamReset
	}
	if class, ok := library.ClassAmong(exported, err); ok {
		return class
	}
	for _, known := range unnamed {
		if strings.HasPrefix(err.Error(), known.begins) {
			return known.class
		}
	}
	return library.ClassOutside(err)
}

// toldBy returns the code that the peer gave its reset or go-away. It looks for
// a StreamError or GoAwayError by their fields: v4 has neither type.
func toldBy(err error) (code uint32, told bool) {
	value := reflect.Indirect(reflect.ValueOf(err))
	if value.Kind() == reflect.Struct {
		code, remote := value.FieldByName("ErrorCode"), value.FieldByName("Remote")
		if code.IsValid() && remote.IsValid() && remote.Bool() {
			return uint32(code.Uint()), true
		}
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return toldBy(wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range wrapper.Unwrap() {
			if code, told := toldBy(cause); told {
				return code, true
			}
		}
	}
	return 0, false
}
