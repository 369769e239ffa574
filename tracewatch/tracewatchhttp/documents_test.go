package tracewatchhttp

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// documents are those that the handler serves.
var documents = []any{Live{}, Anomalies{}, Recent{}, tracewatch.Cell{}, Problem{}}

const modulePath = "github.com/gotracewatch/tracewatch/"

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Every field of every document has a name in snake_case, and says what it is.
func TestDocumentsAreDocumented(t *testing.T) {
	d := &described{t: t, seen: make(map[reflect.Type]bool), packages: make(map[string]map[string]*declared)}
	for _, v := range documents {
		d.walk(reflect.TypeOf(v))
	}
	require.Greater(t, len(d.seen), 30)
	for _, field := range d.missing {
		t.Errorf("%s has no doc comment", field)
	}
}

// described goes through the types of documents.
type described struct {
	t        *testing.T
	seen     map[reflect.Type]bool
	packages map[string]map[string]*declared // the types of each, by name
	missing  []string
}

// declared is what the source says of a type.
type declared struct {
	doc    string
	fields map[string]string // what is said of each, "" if nothing
	object []*ast.StructType // what MarshalJSON writes instead
}

func (d *described) walk(typ reflect.Type) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		d.walk(typ.Elem())
		return
	case reflect.Map:
		d.walk(typ.Key())
		d.walk(typ.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if d.seen[typ] || !strings.HasPrefix(typ.PkgPath(), modulePath) {
		return
	}
	d.seen[typ] = true
	source := d.source(typ)
	marshals := source != nil && (typ.Implements(jsonMarshaler) || reflect.PointerTo(typ).Implements(jsonMarshaler))
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag := f.Tag.Get("json")
		if !f.IsExported() || tag == "-" {
			continue
		}
		d.walk(f.Type)
		if f.Anonymous {
			continue
		}
		if name, _, _ := strings.Cut(tag, ","); !marshals && !snakeCase.MatchString(name) {
			d.t.Errorf("%v.%s has the name %q in JSON", typ, f.Name, name)
		}
		if source == nil || source.fields[f.Name] == "" && !names(source.doc, f.Name) && !d.isItsType(f) {
			d.missing = append(d.missing, typ.String()+"."+f.Name)
		}
	}
	if marshals {
		d.object(typ, source)
	}
}

// isItsType tells if a field is called as its type is, which says what it is.
func (d *described) isItsType(f reflect.StructField) bool {
	typ := f.Type
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	name := typ.Name()
	if name == "" || !strings.HasPrefix(typ.PkgPath(), modulePath) ||
		f.Name != name && f.Name != name+"s" && f.Name != strings.TrimSuffix(name, "y")+"ies" {
		return false
	}
	source := d.source(typ)
	return source != nil && source.doc != ""
}

var jsonMarshaler = reflect.TypeFor[json.Marshaler]()

// object checks the structs that MarshalJSON makes.
func (d *described) object(typ reflect.Type, source *declared) {
	if len(source.object) == 0 {
		d.t.Errorf("%v.MarshalJSON: it is not seen what it writes", typ)
	}
	for _, s := range source.object {
		for _, f := range s.Fields.List {
			name := ""
			if f.Tag != nil {
				name, _, _ = strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			}
			if !snakeCase.MatchString(name) {
				d.t.Errorf("%v.MarshalJSON writes %v with the name %q", typ, f.Names, name)
			}
		}
	}
}

// source returns what the source says of a type, nil if it is not there.
func (d *described) source(typ reflect.Type) *declared {
	path := strings.TrimPrefix(typ.PkgPath(), modulePath)
	if d.packages[path] == nil {
		d.packages[path] = d.parse("../../" + path)
	}
	return d.packages[path][typ.Name()]
}

// parse reads the types of a package.
func (d *described) parse(dir string) map[string]*declared {
	types := make(map[string]*declared)
	files := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(d.t, err)
	var marshalers []*ast.FuncDecl
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		require.NoError(d.t, err)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv != nil && decl.Name.Name == "MarshalJSON" {
					marshalers = append(marshalers, decl)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						types[spec.Name.Name] = typeDeclared(files, decl, spec)
					}
				}
			}
		}
	}
	for _, f := range marshalers {
		recv := f.Recv.List[0].Type
		if star, ok := recv.(*ast.StarExpr); ok {
			recv = star.X
		}
		if name, ok := recv.(*ast.Ident); ok && types[name.Name] != nil {
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if s, ok := n.(*ast.StructType); ok {
					types[name.Name].object = append(types[name.Name].object, s)
				}
				return true
			})
		}
	}
	return types
}

func typeDeclared(files *token.FileSet, decl *ast.GenDecl, spec *ast.TypeSpec) *declared {
	d := &declared{doc: decl.Doc.Text() + spec.Doc.Text()}
	if s, ok := spec.Type.(*ast.StructType); ok {
		d.fields = comments(files, s)
	}
	return d
}

// names tells if a comment has a field's name in it.
func names(comment, field string) bool {
	return regexp.MustCompile(`\b` + field + `\b`).MatchString(comment)
}

// comments returns what is said of each field: above it, behind it, or above the lines that it stands among, if it is
// named there.
func comments(files *token.FileSet, s *ast.StructType) map[string]string {
	said := make(map[string]string)
	group, last := "", 0
	for _, f := range s.Fields.List {
		if line := files.Position(f.Pos()).Line; f.Doc != nil || line != last+1 {
			group = f.Doc.Text()
		}
		last = files.Position(f.End()).Line
		for _, name := range f.Names {
			switch {
			case f.Doc != nil:
				said[name.Name] = f.Doc.Text()
			case f.Comment != nil:
				said[name.Name] = f.Comment.Text()
			case names(group, name.Name):
				said[name.Name] = group
			}
		}
	}
	return said
}

// The documentation of the package has every endpoint and every parameter.
func TestEndpointsAreDocumented(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	require.NoError(t, err)
	doc := f.Doc.Text()
	for name, e := range newHandler(newFake(1), nil).endpoints {
		i := strings.Index(doc, "\t"+name)
		require.Positive(t, i, name)
		for _, p := range e.params {
			require.Regexp(t, `(?m)^\t`+regexp.QuoteMeta(name)+`\?(\S*&)?`+p+`=`, doc)
		}
	}
}
