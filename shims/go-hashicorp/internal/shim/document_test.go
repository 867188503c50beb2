package shim

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"yamux-conform/shims/go-hashicorp/internal/control"
)

// document is what authors of other shims read; it must be true of this one.
func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/writing-a-shim.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows returns the first cells of the table below a heading.
func rows(t *testing.T, heading string) map[string]bool {
	t.Helper()
	_, section, found := strings.Cut(document(t), heading)
	if !found {
		t.Fatalf("the document has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	names := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
		names[row[1]] = true
	}
	return names
}

func TestTheDocumentHasEveryActionAndSetting(t *testing.T) {
	documented := rows(t, "### Actions\n")
	for name := range actions {
		if !documented[name] {
			t.Errorf("action %q is not documented", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		if _, refused := unsupported[name]; !refused {
			t.Errorf("action %q is documented, but this shim neither has it nor says why", name)
		}
	}
	documented = rows(t, "### Life cycle\n")
	for _, name := range append(knownSettings(), "close_resets", "hello", "session", "end", "bye") {
		if !documented[name] {
			t.Errorf("%q is not documented", name)
		}
	}
}

func TestTheTranscriptIsWhatThisShimSays(t *testing.T) {
	_, transcript, _ := strings.Cut(document(t), "```text\n")
	transcript, _, _ = strings.Cut(transcript, "\n```")
	asked, answered := map[uint64]control.Request{}, map[uint64]reply{}
	for _, line := range strings.Split(transcript, "\n") {
		if request, ok := strings.CutPrefix(line, "> "); ok {
			parsed, err := control.Parse([]byte(request))
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			asked[*parsed.ID] = *parsed
			continue
		}
		var got reply
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "< ")), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got.ID != nil {
			if _, twice := answered[*got.ID]; twice || got.kinds() != 1 {
				t.Errorf("not the one answer: %s", line)
			}
			answered[*got.ID] = got
		}
	}
	if len(asked) < 10 || len(answered) != len(asked) {
		t.Errorf("%d requests have %d answers", len(asked), len(answered))
	}
	var documented capabilities
	if err := json.Unmarshal(answered[1].OK, &documented); err != nil {
		t.Fatal(err)
	}
	first := asked[1]
	now := hello(&first, false).OK.(capabilities)
	documented.Implementation, now.Implementation = implementation{}, implementation{}
	if !reflect.DeepEqual(documented, now) {
		t.Errorf("the document's hello says %+v, this shim says %+v", documented, now)
	}
}
