package shimtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Program is a shim as a process, with its pipes.
type Program struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
	run *exec.Cmd
	// stderr is to be read once the process has ended.
	stderr bytes.Buffer
}

// Build makes the program of the package and returns where it is.
func Build(t *testing.T, packagePath string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shim")
	if out, err := exec.Command("go", "build", "-o", path, packagePath).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// Start starts a program that Build has made. It must end in order.
func Start(t *testing.T, path string) *Program {
	t.Helper()
	p := startAny(t, path)
	t.Cleanup(func() {
		_ = p.in.Close()
		if err := p.run.Wait(); err != nil {
			t.Errorf("the program ended with %v\n%s", err, p.stderr.String())
		}
	})
	return p
}

// StartToFail starts a program that is to die; Died waits for that.
func StartToFail(t *testing.T, path string) *Program {
	t.Helper()
	return startAny(t, path)
}

func startAny(t *testing.T, path string) *Program {
	t.Helper()
	p := &Program{t: t, run: exec.Command(path)}
	var err error
	if p.in, err = p.run.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	p.run.Stderr = &p.stderr
	if err := p.run.Start(); err != nil {
		t.Fatal(err)
	}
	hangs := time.AfterFunc(3*limit, func() { _ = p.run.Process.Kill() })
	t.Cleanup(func() {
		hangs.Stop()
		_ = p.run.Process.Kill()
	})
	return p
}

// Ask sends lines and returns the next n lines that come back.
func (p *Program) Ask(n int, lines ...string) []string {
	p.t.Helper()
	if _, err := io.WriteString(p.in, strings.Join(lines, "\n")+"\n"); err != nil {
		p.t.Fatal(err)
	}
	answers := make([]string, 0, n)
	for range n {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("after %v: %v", answers, err)
		}
		answers = append(answers, strings.TrimSuffix(line, "\n"))
	}
	return answers
}

// Died waits until the process has ended and returns what was left on stdout,
// what it said on stderr, and how it ended.
func (p *Program) Died() (stdout, stderr string, err error) {
	p.t.Helper()
	left, readErr := io.ReadAll(p.out)
	if readErr != nil {
		p.t.Fatal(readErr)
	}
	err = p.run.Wait()
	return string(left), p.stderr.String(), err
}

const sayHello = `{"id":1,"op":"hello","protocols":[1]}`

// LeavesInOrder tests that the program says which version of the library is in
// it, which clocks it has, and ends in order.
func LeavesInOrder(t *testing.T, path, version string, clocks ...string) {
	t.Helper()
	for name, bye := range map[string]string{"bye": `{"id":2,"op":"bye"}` + "\n", "the end of stdin": ""} {
		run := exec.Command(path)
		run.Stdin = strings.NewReader(sayHello + "\n" + bye)
		var stderr bytes.Buffer
		run.Stderr = &stderr
		out, err := run.Output()
		if err != nil || stderr.Len() > 0 {
			t.Fatalf("after %s: %v\n%s", name, err, stderr.String())
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(out), "\n"), "\n")
		if want := 1 + strings.Count(bye, "\n"); len(lines) != want {
			t.Errorf("after %s there are %d lines of output, want %d", name, len(lines), want)
		}
		var answer struct{ OK capabilities }
		if err := json.Unmarshal([]byte(lines[0]), &answer); err != nil {
			t.Fatal(err)
		}
		// With a local replace in go.mod it is "v0.1.2 => replaced".
		if linked := answer.OK.Implementation.Version; !strings.HasPrefix(linked, version) {
			t.Errorf("the library's version is %q, go.mod pins %s", linked, version)
		}
		if got := strings.Join(answer.OK.Clocks, " "); got != strings.Join(clocks, " ") {
			t.Errorf("the clocks are %s, want %v", got, clocks)
		}
	}
}
