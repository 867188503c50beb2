package main

import (
	"github.com/hashicorp/yamux"

	"yamux-conform/shims/go/library"
)

// exported holds every error that the library exports.
var exported = []library.Named{
	{Name: "ErrConnectionReset", Err: yamux.ErrConnectionReset, Class: library.StreamReset},
	{Name: "ErrConnectionWriteTimeout", Err: yamux.ErrConnectionWriteTimeout, Class: library.ConnectionWriteTimeout},
	{Name: "ErrDuplicateStream", Err: yamux.ErrDuplicateStream, Class: library.Protocol},
	{Name: "ErrInvalidMsgType", Err: yamux.ErrInvalidMsgType, Class: library.Protocol},
	{Name: "ErrInvalidVersion", Err: yamux.ErrInvalidVersion, Class: library.Protocol},
	{Name: "ErrKeepAliveTimeout", Err: yamux.ErrKeepAliveTimeout, Class: library.KeepaliveTimeout},
	{Name: "ErrRecvWindowExceeded", Err: yamux.ErrRecvWindowExceeded, Class: library.WindowExceeded},
	{Name: "ErrRemoteGoAway", Err: yamux.ErrRemoteGoAway, Class: library.RemoteGoAway},
	{Name: "ErrSessionShutdown", Err: yamux.ErrSessionShutdown, Class: library.SessionShutdown},
	{Name: "ErrStreamClosed", Err: yamux.ErrStreamClosed, Class: library.StreamClosed},
	{Name: "ErrStreamsExhausted", Err: yamux.ErrStreamsExhausted, Class: library.StreamsExhausted},
	// Before what the standard library has: it is a net.Error too.
	{Name: "ErrTimeout", Err: yamux.ErrTimeout, Class: library.Deadline},
	{Name: "ErrUnexpectedFlag", Err: yamux.ErrUnexpectedFlag, Class: library.Protocol},
}

// unnamed holds the errors that the library makes on the spot. All three mean
// that a go-away with a code other than 0 came in and ended the session.
var unnamed = map[string]library.Class{
	"remote yamux internal error": library.RemoteGoAway,
	"unexpected go away received": library.RemoteGoAway,
	"yamux protocol error":        library.RemoteGoAway,
}

// classOf says why a call of the library failed.
func classOf(err error) library.Class {
	if class, ok := library.ClassAmong(exported, err); ok {
		return class
	}
	if class, ok := unnamed[err.Error()]; ok {
		return class
	}
	return library.ClassOutside(err)
}
