package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestClassesOfErrorsFromOutsideALibrary(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Class
	}{
		{io.EOF, EOF},
		{io.ErrUnexpectedEOF, Transport},
		{context.Canceled, Cancelled},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, Transport},
		{net.ErrClosed, Transport},
		{fmt.Errorf("while writing: %w", syscall.EPIPE), Transport},
		{errors.New("something new"), Unclassified},
	} {
		if got := ClassOutside(test.err); got != test.want {
			t.Errorf("%v is classed as %s, want %s", test.err, got, test.want)
		}
	}
}

func TestTheDocumentHasTheClosedListOfClasses(t *testing.T) {
	source, err := os.ReadFile("class.go")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../../docs/writing-a-shim.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(document), "### Error classes\n")
	table, _, _ = strings.Cut(table, "\n#")
	here := matches(`Class = "(\w+)"`, string(source))
	if there := matches("(?m)^\\| `(\\w+)` \\|", table); len(here) == 0 || !slices.Equal(here, there) {
		t.Errorf("the classes here are %v, documented are %v", here, there)
	}
}

func matches(expression, text string) (found []string) {
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}
