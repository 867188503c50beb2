package main

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/libp2p/go-yamux/v5"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shimtest"
)

func TestEveryErrorOfTheLibraryHasAClass(t *testing.T) {
	shimtest.EveryErrorHasAClass(t, &libp2p, exported, []shimtest.MadeError{
		{Text: "both yamux endpoints are clients", Example: errors.New("both yamux endpoints are clients"), Class: library.Protocol},
		{Text: "receive window exceeded (remain: %d, recv: %d)", Example: errors.New("receive window exceeded (remain: 1, recv: 2)"), Class: library.WindowExceeded},
		{Text: "send loop done", Example: errors.New("send loop done"), Class: library.Transport},
		// What a panic of the library's own loops becomes must be looked at.
		{Text: "panic in yamux receive loop: %s", Example: errors.New("panic in yamux receive loop: x"), Class: library.Unclassified},
		{Text: "panic in yamux send loop: %s", Example: errors.New("panic in yamux send loop: x"), Class: library.Unclassified},
		{Text: "%w: connection closed: %w", Example: fmt.Errorf("%w: connection closed: %w", yamux.ErrStreamReset, io.EOF), Class: library.StreamReset},
		// Of a memory manager, and the shim gives the library none.
		{Text: "failed to create resource scope span: %w", Example: fmt.Errorf("failed to create resource scope span: %w", io.ErrNoProgress), Class: library.Unclassified},
		{Text: "failed to create resource span: %w", Example: fmt.Errorf("failed to create resource span: %w", io.ErrNoProgress), Class: library.Unclassified},
	}, map[string]string{
		"VerifyConfig": "it judges settings: it answers a session request, never a call",
	})
	for _, test := range []struct {
		err  error
		want library.Class
	}{
		{&yamux.StreamError{ErrorCode: 7, Remote: true}, library.StreamReset},
		{&yamux.StreamError{ErrorCode: 7}, library.StreamReset},
		{&yamux.GoAwayError{ErrorCode: 7, Remote: true}, library.RemoteGoAway},
		{&yamux.GoAwayError{ErrorCode: 7}, library.SessionShutdown},
		{errors.New("remote yamux internal error"), library.RemoteGoAway},
		{errors.New("something new"), library.Unclassified},
	} {
		if got := classOf(test.err); got != test.want {
			t.Errorf("%v is classed as %s, want %s", test.err, got, test.want)
		}
	}
}
