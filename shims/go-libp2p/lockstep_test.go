//go:build go1.25

package main

import (
	"reflect"
	"testing"

	"yamux-conform/shims/go/shimtest"
)

func TestTheProgramHasBothClocksAndLeavesInOrder(t *testing.T) {
	shimtest.LeavesInOrder(t, shimtest.Build(t, "."), "v5.1.0", "live", "lockstep")
}

// A line that is sent, and those that come back.
type exchange struct {
	ask     string
	answers []string
}

const (
	startPing = "AAIAAQAAAAAAAAAA"
	begun     = `{"id":1,"ok":{}}`
	ended     = `{"event":"session_end","session":"a","class":"session_shutdown","native":"sent go away, code: 0"}`
)

func TestEverySessionInLockstepSaysTheSame(t *testing.T) {
	p := shimtest.Start(t, shimtest.Build(t, "."))
	for range 50 {
		for _, step := range []exchange{
			{`{"id":1,"op":"session","session":"a","clock":"lockstep","side":"server"}`, []string{begun}},
			{`{"id":2,"op":"step","session":"a"}`, []string{`{"id":2,"ok":{"now_ns":0,"out":"` + startPing + `"}}`}},
			// Its pong, then a SYN.
			{`{"id":3,"op":"step","session":"a","deliver":"AAIAAgAAAAAAAAAAAAEAAQAAAAEAAAAA"}`, []string{`{"id":3,"ok":{"now_ns":0}}`}},
			{`{"id":4,"op":"accept","session":"a","stream":"s"}`, []string{`{"id":4,"ok":{"stream_number":1}}`}},
			{`{"id":5,"op":"step","session":"a"}`, []string{`{"id":5,"ok":{"now_ns":0,"out":"AAEAAgAAAAEAAAAA"}}`}},
			// The round trip is measured again every half a minute.
			{`{"id":6,"op":"step","session":"a","until_ns":60000000000}`, []string{`{"id":6,"ok":{"now_ns":30000000000,"out":"AAIAAQAAAAAAAAAB"}}`}},
			{`{"id":7,"op":"reset","session":"a","stream":"s"}`, []string{`{"id":7,"ok":{}}`}},
			{`{"id":8,"op":"step","session":"a"}`, []string{`{"id":8,"ok":{"now_ns":30000000000,"out":"AAEACAAAAAEAAAAA"}}`}},
			// A SYN of the wrong side: the log has no time in it.
			{`{"id":9,"op":"step","session":"a","deliver":"AAEAAQAAAAIAAAAA"}`, []string{
				`{"event":"log","session":"a","text":"[ERR] yamux: both endpoints are clients"}`,
				`{"event":"session_end","session":"a","class":"protocol","native":"both yamux endpoints are clients"}`,
				`{"id":9,"ok":{"now_ns":30000000000,"end":"eof"}}`,
			}},
			{`{"id":10,"op":"end","session":"a"}`, []string{`{"id":10,"ok":{}}`}},
		} {
			if got := p.Ask(len(step.answers), step.ask); !reflect.DeepEqual(got, step.answers) {
				t.Fatalf("asked %s\nanswered %v\nwant %v", step.ask, got, step.answers)
			}
		}
	}
}

func TestATransportThatTakesNothingEndsTheSessionAfterItsWriteTimeout(t *testing.T) {
	p := shimtest.Start(t, shimtest.Build(t, "."))
	for _, step := range []exchange{
		{`{"id":1,"op":"session","session":"a","clock":"lockstep","side":"client","settings":{"socket_buffer":4}}`, []string{begun}},
		{`{"id":2,"op":"step","session":"a","room":0}`, []string{`{"id":2,"ok":{"now_ns":0,"left":12}}`}},
		{`{"id":3,"op":"step","session":"a","room":0,"until_ns":60000000000}`, []string{
			`{"event":"session_end","session":"a","class":"connection_write_timeout","native":"connection write timeout"}`,
			`{"id":3,"ok":{"now_ns":10000000000,"left":4}}`,
		}},
		{`{"id":4,"op":"end","session":"a"}`, []string{`{"id":4,"ok":{}}`}},
		{`{"id":1,"op":"session","session":"a","clock":"lockstep","side":"client","settings":{"connection_write_timeout_us":2000000}}`, []string{begun}},
		// The start ping was taken, and no pong has come for it; the transport is
		// well, so the session goes on.
		{`{"id":4,"op":"step","session":"a"}`, []string{`{"id":4,"ok":{"now_ns":0,"out":"` + startPing + `"}}`}},
		{`{"id":5,"op":"step","session":"a","until_ns":3000000000}`, []string{`{"id":5,"ok":{"now_ns":3000000000}}`}},
		{`{"id":6,"op":"end","session":"a"}`, []string{ended, `{"id":6,"ok":{}}`}},
	} {
		if got := p.Ask(len(step.answers), step.ask); !reflect.DeepEqual(got, step.answers) {
			t.Fatalf("asked %s\nanswered %v\nwant %v", step.ask, got, step.answers)
		}
	}
}
