package shimtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"yamux-conform/shims/go/library"
)

// A MadeError is an error that a library makes on the spot: the text it is
// made of, and an example.
type MadeError struct {
	Text    string
	Example error
	Class   library.Class
}

// EveryErrorHasAClass walks over the sources of the library that this build
// uses. Every error that it exports must be in exported, and every text of
// which it makes one otherwise in made; but for those of the functions to
// leave out, each of which has a reason.
func EveryErrorHasAClass(t *testing.T, driven *library.Library, exported []library.Named, made []MadeError, leaveOut map[string]string) {
	t.Helper()
	there, texts := map[string]string{}, map[string]string{}
	for _, file := range sourcesOf(t, driven.Path) {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				collectVariables(decl, there, texts)
			case *ast.FuncDecl:
				if _, out := leaveOut[decl.Name.Name]; out {
					continue
				}
				for _, text := range errorTexts(decl) {
					texts[text] = decl.Name.Name
				}
			}
		}
	}
	if len(there) < 10 {
		t.Fatalf("found only %d exported errors in the library, the search itself is wrong", len(there))
	}
	for _, known := range exported {
		text, found := there[known.Name]
		if !found {
			t.Errorf("the library has no error %s", known.Name)
		}
		if text != "" && text != known.Err.Error() {
			t.Errorf("%s is listed with the value that says %q, the library says %q", known.Name, known.Err, text)
		}
		if class := driven.Class(known.Err); class != known.Class {
			t.Errorf("%s is classed as %s, want %s", known.Name, class, known.Class)
		}
		delete(there, known.Name)
	}
	for name := range there {
		t.Errorf("%s has no class", name)
	}
	for _, known := range made {
		if _, found := texts[known.Text]; !found {
			t.Errorf("the library makes no error of %q", known.Text)
		}
		if class := driven.Class(known.Example); class != known.Class {
			t.Errorf("%q is classed as %s, want %s", known.Example, class, known.Class)
		}
		delete(texts, known.Text)
	}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		t.Errorf("%s makes an error of %q, which has no class", texts[text], text)
	}
}

// sourcesOf parses the sources of the library that this build uses.
func sourcesOf(t *testing.T, path string) []*ast.File {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", path).Output()
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

// collectVariables adds the exported variables named Err… with their texts, as
// far as these stand there, and the texts of the others that hold errors.
func collectVariables(vars *ast.GenDecl, exported, texts map[string]string) {
	for _, spec := range vars.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || vars.Tok != token.VAR {
			continue
		}
		for i, name := range value.Names {
			if i >= len(value.Values) {
				continue
			}
			if strings.HasPrefix(name.Name, "Err") {
				exported[name.Name] = strings.Join(literals(value.Values[i]), "")
				continue
			}
			for _, text := range errorTexts(value.Values[i]) {
				texts[text] = name.Name
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
		if ok && (selector.Sel.Name == "Errorf" || selector.Sel.Name == "New") {
			texts = append(texts, literals(call.Args[0])...)
		}
		return true
	})
	return texts
}

// literals returns the texts that stand below node.
func literals(node ast.Node) (texts []string) {
	ast.Inspect(node, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
