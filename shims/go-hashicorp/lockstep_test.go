//go:build go1.25

package main

import (
	"reflect"
	"strings"
	"testing"

	"yamux-conform/shims/go/shimtest"
)

func TestTheProgramHasBothClocksAndLeavesInOrder(t *testing.T) {
	shimtest.LeavesInOrder(t, shimtest.Build(t, "."), "v0.1.2", "live", "lockstep")
}

func start(t *testing.T) *shimtest.Program {
	t.Helper()
	return shimtest.Start(t, shimtest.Build(t, "."))
}

// transcript returns the lines of the document's session in lockstep.
func transcript(t *testing.T) []string {
	t.Helper()
	_, section, _ := strings.Cut(shimtest.Document(t), "\n## Lockstep\n")
	_, lines, _ := strings.Cut(section, "```text\n")
	lines, _, _ = strings.Cut(lines, "\n```")
	return strings.Split(lines, "\n")
}

func TestTheTranscriptInTheDocumentIsWhatTheProgramSaysEveryTime(t *testing.T) {
	p := start(t)
	lines := transcript(t)
	if len(lines) < 10 {
		t.Fatalf("the document has no transcript: %v", lines)
	}
	for range 50 {
		for at := 0; at < len(lines); {
			var asked, answers []string
			for ; at < len(lines) && strings.HasPrefix(lines[at], "> "); at++ {
				asked = append(asked, lines[at][2:])
			}
			for ; at < len(lines) && strings.HasPrefix(lines[at], "< "); at++ {
				answers = append(answers, lines[at][2:])
			}
			if got := p.Ask(len(answers), asked...); !reflect.DeepEqual(got, answers) {
				t.Fatalf("asked %v\nthe document says %v\nthe program says %v", asked, answers, got)
			}
		}
	}
}

func TestALockThatKeepsTimeFromPassingIsTold(t *testing.T) {
	p := start(t)
	// A data frame of ten bytes of which three have come, and a reader for what is not there.
	const partial = "AAEAAQAAAAEAAAAAAAAAAAAAAAEAAAAKYWJj"
	p.Ask(1, `{"id":1,"op":"session","session":"a","clock":"lockstep","side":"server"}`)
	p.Ask(2, `{"id":2,"op":"accept","session":"a","stream":"s"}`, `{"id":3,"op":"step","session":"a","deliver":"AAEAAQAAAAEAAAAA"}`)
	p.Ask(1, `{"id":4,"op":"step","session":"a","deliver":"`+partial[16:]+`"}`)
	stuck := p.Ask(1, `{"id":5,"op":"read","session":"a","stream":"s","bytes":5}`)[0]
	if !strings.Contains(stuck, `"event":"stuck"`) || !strings.Contains(stuck, "Stream.Read waits for a lock") {
		t.Errorf("the program says %s", stuck)
	}
}

func TestABodyInPartsAtOneInstantKeepsNoReaderFromIt(t *testing.T) {
	p := start(t)
	p.Ask(1, `{"id":1,"op":"session","session":"a","clock":"lockstep","side":"server"}`)
	p.Ask(2, `{"id":2,"op":"accept","session":"a","stream":"s"}`, `{"id":3,"op":"step","session":"a","deliver":"AAEAAQAAAAEAAAAA"}`)
	p.Ask(1, `{"id":4,"op":"read","session":"a","stream":"s","bytes":6}`, `{"id":5,"op":"step","session":"a"}`)
	// The header and three of six bytes, then the other three.
	p.Ask(1, `{"id":6,"op":"step","session":"a","deliver":"AAAAAAAAAAEAAAAGYWJj"}`)
	answers := p.Ask(2, `{"id":7,"op":"step","session":"a","deliver":"ZGVm"}`)
	if !strings.Contains(answers[0], `"id":4,"ok":{"bytes":6`) {
		t.Errorf("the read is answered %v", answers)
	}
}

func TestTimeStopsAtWhatThereIsToTellOfEitherEnd(t *testing.T) {
	p := start(t)
	const hour = `"until_ns":3600000000000}`
	p.Ask(2,
		`{"id":1,"op":"session","session":"a","clock":"lockstep","side":"client"}`,
		`{"id":2,"op":"session","session":"b","clock":"lockstep","side":"server","settings":{"keep_alive_interval_us":2000000}}`)
	refused := p.Ask(1, `{"id":3,"op":"session","session":"c","clock":"lockstep","side":"server"}`)[0]
	if !strings.Contains(refused, "at most the two ends of one connection") {
		t.Errorf("a third session is answered %s", refused)
	}
	p.Ask(1, `{"id":4,"op":"step","session":"b","room":5}`)
	p.Ask(1, `{"id":5,"op":"step","session":"a"}`)
	// The keep-alive ping of b stops the clock of a, and again once there is room for the rest of it.
	for _, step := range []struct{ ask, want string }{
		{`{"id":6,"op":"step","session":"a",` + hour, `{"id":6,"ok":{"now_ns":2000000000}}`},
		{`{"id":7,"op":"step","session":"a",` + hour, `{"id":7,"ok":{"now_ns":2000000000}}`},
		{`{"id":8,"op":"step","session":"b","room":5}`, `{"id":8,"ok":{"now_ns":2000000000,"out":"AAIAAQA=","left":7}}`},
		{`{"id":9,"op":"step","session":"a","until_ns":3000000000}`, `{"id":9,"ok":{"now_ns":3000000000}}`},
	} {
		if got := p.Ask(1, step.ask)[0]; got != step.want {
			t.Errorf("asked %s\nanswered %s, want %s", step.ask, got, step.want)
		}
	}
	p.Ask(2, `{"id":10,"op":"end","session":"b"}`)
	if got := p.Ask(1, `{"id":11,"op":"step","session":"a"}`)[0]; got != `{"id":11,"ok":{"now_ns":3000000000}}` {
		t.Errorf("after the end of the other session a step is answered %s", got)
	}
	p.Ask(2, `{"id":12,"op":"end","session":"a"}`)
}
