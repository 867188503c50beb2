package errclass

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/yamux"
)

func TestEveryExportedErrorOfTheLibraryHasAClass(t *testing.T) {
	texts := map[string]string{}
	for _, file := range librarySources(t) {
		for _, decl := range file.Decls {
			if vars, ok := decl.(*ast.GenDecl); ok && vars.Tok == token.VAR {
				collectErrors(vars, texts)
			}
		}
	}
	if len(texts) < 13 {
		t.Fatalf("found only %d exported errors in the library, the search itself is wrong", len(texts))
	}
	for name, text := range texts {
		found := false
		for _, known := range named {
			if known.name == name {
				found = true
				if got := known.err.Error(); got != text {
					t.Errorf("%s is listed with the value that says %q, the library says %q", name, got, text)
				}
			}
		}
		if !found {
			t.Errorf("yamux.%s (%q) has no class", name, text)
		}
	}
}

func TestEveryErrorTheLibraryMakesOnTheSpotHasAClass(t *testing.T) {
	seen := 0
	for _, file := range librarySources(t) {
		for _, decl := range file.Decls {
			function, ok := decl.(*ast.FuncDecl)
			// VerifyConfig judges settings: it answers a session request, never a call.
			if !ok || function.Name.Name == "VerifyConfig" {
				continue
			}
			for _, text := range errorTexts(function) {
				seen++
				if class := Of(errors.New(text)); class == Unclassified {
					t.Errorf("%s makes the error %q, which has no class", function.Name.Name, text)
				}
			}
		}
	}
	if seen != len(unnamed) {
		t.Errorf("the library makes %d errors on the spot, %d are listed", seen, len(unnamed))
	}
}

func TestClassesOfErrorsFromOutsideTheLibrary(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Class
	}{
		{io.EOF, EOF},
		{io.ErrUnexpectedEOF, Transport},
		{context.Canceled, Cancelled},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, Transport},
		{net.ErrClosed, Transport},
		{syscall.EPIPE, Transport},
		{fmt.Errorf("while writing: %w", yamux.ErrTimeout), Deadline},
		{errors.New("something new"), Unclassified},
	} {
		if got := Of(test.err); got != test.want {
			t.Errorf("%v is classed as %s, want %s", test.err, got, test.want)
		}
	}
}

func TestTheDocumentHasTheClosedListOfClasses(t *testing.T) {
	source, err := os.ReadFile("errclass.go")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../../../docs/writing-a-shim.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(document), "### Error classes\n")
	table, _, _ = strings.Cut(table, "\n#")
	here := matches(`Class = "(\w+)"`, string(source))
	if there := matches("(?m)^\\| `(\\w+)` \\|", table); !slices.Equal(here, there) {
		t.Errorf("the classes here are %v, documented are %v", here, there)
	}
}

func matches(expression, text string) (found []string) {
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// librarySources parses the sources of the library that this build uses.
func librarySources(t *testing.T) []*ast.File {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/hashicorp/yamux").Output()
	if err != nil {
		t.Fatalf("go list cannot say where the library is: %v", err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources of the library in %s: %v", dir, err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// collectErrors adds the exported variables named Err… with their texts.
func collectErrors(vars *ast.GenDecl, texts map[string]string) {
	for _, spec := range vars.Specs {
		value := spec.(*ast.ValueSpec)
		for i, name := range value.Names {
			if strings.HasPrefix(name.Name, "Err") && i < len(value.Values) {
				texts[name.Name] = strings.Join(errorTexts(value.Values[i]), "")
			}
		}
	}
}

// errorTexts returns the literals given to fmt.Errorf and errors.New below node.
func errorTexts(node ast.Node) (texts []string) {
	ast.Inspect(node, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "Errorf" && selector.Sel.Name != "New" {
			return true
		}
		if literal, ok := call.Args[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
