package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheProgramSaysWhichLibraryIsInItAndLeavesInOrder(t *testing.T) {
	program := filepath.Join(t.TempDir(), "shim")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const hello = `{"id":1,"op":"hello","protocols":[1]}` + "\n"
	for name, bye := range map[string]string{"bye": `{"id":2,"op":"bye"}` + "\n", "the end of stdin": ""} {
		run := exec.Command(program)
		run.Stdin = strings.NewReader(hello + bye)
		var errors bytes.Buffer
		run.Stderr = &errors
		out, err := run.Output()
		if err != nil {
			t.Fatalf("after %s: %v\n%s", name, err, errors.String())
		}
		if errors.Len() > 0 {
			t.Errorf("after %s stderr says %q", name, errors.String())
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(out), "\n"), "\n")
		if want := strings.Count(hello+bye, "\n"); len(lines) != want {
			t.Errorf("after %s there are %d lines of output, want %d", name, len(lines), want)
		}
		var answer struct {
			OK struct{ Implementation struct{ Version string } }
		}
		if err := json.Unmarshal([]byte(lines[0]), &answer); err != nil {
			t.Fatal(err)
		}
		// With a local replace in go.mod it is "v0.1.2 => replaced".
		if version := answer.OK.Implementation.Version; !strings.HasPrefix(version, "v0.1.2") {
			t.Errorf("the library's version is %q, go.mod pins v0.1.2", version)
		}
	}
}
