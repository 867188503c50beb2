package shimtest

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Document is what authors of other shims read; it must be true of this one. It
// is found from the folder of a shim.
func Document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/writing-a-shim.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows returns the first cells of the table below a heading.
func rows(t *testing.T, heading string) map[string]bool {
	t.Helper()
	_, section, found := strings.Cut(Document(t), heading)
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

func theDocumentHasEveryActionAndSetting(h *Harness) {
	able := h.hello()
	for heading, offered := range map[string][]string{
		"### Actions\n":    able.Actions,
		"### Life cycle\n": append(able.Settings, "hello", "session", "end", "bye"),
	} {
		documented := rows(h.t, heading)
		if len(documented) < 5 {
			h.t.Fatalf("%d names are documented below %q, the search itself is wrong", len(documented), heading)
		}
		for _, name := range offered {
			if !documented[name] {
				h.t.Errorf("%q is not documented", name)
			}
		}
	}
	for name := range rows(h.t, "### Actions\n") {
		_, lacks := h.library.Unsupported[name]
		if !lacks && !slices.Contains(able.Actions, name) {
			h.t.Errorf("action %q is documented, but this shim neither has it nor says why", name)
		}
	}
}

// IsATranscript demands that every request in these lines of the page has one
// answer, and that the program says of itself what they say.
func IsATranscript(t *testing.T, program string, lines []string) {
	t.Helper()
	asked, answered := map[uint64]string{}, map[uint64]Reply{}
	for _, line := range lines {
		var got Reply
		if err := json.Unmarshal([]byte(line[min(2, len(line)):]), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch {
		case strings.HasPrefix(line, "> "):
			asked[*got.ID] = line[2:]
		case got.ID != nil:
			if _, twice := answered[*got.ID]; twice || got.kinds() != 1 {
				t.Errorf("not the one answer: %s", line)
			}
			answered[*got.ID] = got
		}
	}
	if len(asked) < 10 || len(answered) != len(asked) {
		t.Errorf("%d requests have %d answers", len(asked), len(answered))
	}
	var documented, now capabilities
	var answer Reply
	if err := json.Unmarshal([]byte(Start(t, program).Ask(1, asked[1])[0]), &answer); err != nil {
		t.Fatal(err)
	}
	for into, text := range map[*capabilities][]byte{&documented: answered[1].OK, &now: answer.OK} {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
		into.Implementation.Version, into.Implementation.Language = "", ""
	}
	if !reflect.DeepEqual(documented, now) {
		t.Errorf("the document's hello says %+v, this shim says %+v", documented, now)
	}
}
