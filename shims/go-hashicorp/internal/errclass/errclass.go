// Package errclass says in the words that all shims share why a call of
// github.com/hashicorp/yamux failed.
package errclass

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/hashicorp/yamux"
)

// A Class is one word of the closed list of the shim protocol.
type Class string

// The closed list.
const (
	Cancelled              Class = "cancelled"
	ConnectionWriteTimeout Class = "connection_write_timeout"
	Deadline               Class = "deadline"
	EOF                    Class = "eof"
	KeepaliveTimeout       Class = "keepalive_timeout"
	Protocol               Class = "protocol"
	RemoteGoAway           Class = "remote_go_away"
	SessionShutdown        Class = "session_shutdown"
	StreamClosed           Class = "stream_closed"
	StreamReset            Class = "stream_reset"
	StreamsExhausted       Class = "streams_exhausted"
	Transport              Class = "transport"
	Unclassified           Class = "unclassified"
	WindowExceeded         Class = "window_exceeded"
)

// named holds every error that the library exports, under its name there.
var named = []struct {
	name  string
	err   error
	class Class
}{
	{"ErrConnectionReset", yamux.ErrConnectionReset, StreamReset},
	{"ErrConnectionWriteTimeout", yamux.ErrConnectionWriteTimeout, ConnectionWriteTimeout},
	{"ErrDuplicateStream", yamux.ErrDuplicateStream, Protocol},
	{"ErrInvalidMsgType", yamux.ErrInvalidMsgType, Protocol},
	{"ErrInvalidVersion", yamux.ErrInvalidVersion, Protocol},
	{"ErrKeepAliveTimeout", yamux.ErrKeepAliveTimeout, KeepaliveTimeout},
	{"ErrRecvWindowExceeded", yamux.ErrRecvWindowExceeded, WindowExceeded},
	{"ErrRemoteGoAway", yamux.ErrRemoteGoAway, RemoteGoAway},
	{"ErrSessionShutdown", yamux.ErrSessionShutdown, SessionShutdown},
	{"ErrStreamClosed", yamux.ErrStreamClosed, StreamClosed},
	{"ErrStreamsExhausted", yamux.ErrStreamsExhausted, StreamsExhausted},
	{"ErrTimeout", yamux.ErrTimeout, Deadline},
	{"ErrUnexpectedFlag", yamux.ErrUnexpectedFlag, Protocol},
}

// unnamed holds the errors that the library makes on the spot. All three mean
// that a go-away with a code other than 0 came in and ended the session.
var unnamed = map[string]Class{
	"remote yamux internal error": RemoteGoAway,
	"unexpected go away received": RemoteGoAway,
	"yamux protocol error":        RemoteGoAway,
}

// Of returns the class of an error from the library; err is not nil.
func Of(err error) Class {
	// The library's own errors come first: ErrTimeout is a net.Error too.
	for _, known := range named {
		if errors.Is(err, known.err) {
			return known.class
		}
	}
	if class, ok := unnamed[err.Error()]; ok {
		return class
	}
	switch {
	case errors.Is(err, io.EOF):
		return EOF
	case errors.Is(err, context.Canceled):
		return Cancelled
	case fromTransport(err):
		return Transport
	}
	return Unclassified
}

func fromTransport(err error) bool {
	for _, known := range []error{io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	var (
		network net.Error
		number  syscall.Errno
	)
	return errors.As(err, &network) || errors.As(err, &number)
}
