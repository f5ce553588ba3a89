package federation

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is one recorded document: the body of a request, or what a URL served.
type sample struct {
	name string // folder/file
	body []byte
}

// readSamples returns all recorded documents; requests without a body are left out.
func readSamples(t testing.TB) []sample {
	t.Helper()
	var samples []sample
	for _, pattern := range []string{"testdata/samples/*/*.http", "testdata/samples/*/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, ".http") {
				_, body, _ = bytes.Cut(body, []byte("\r\n\r\n"))
			}
			if len(body) > 0 {
				samples = append(samples, sample{strings.TrimPrefix(filepath.ToSlash(file), "testdata/samples/"), body})
			}
		}
	}
	if len(samples) < 150 {
		t.Fatalf("got %d samples, want the 150 and more that were recorded", len(samples))
	}
	slices.SortFunc(samples, func(a, b sample) int { return strings.Compare(a.name, b.name) })
	return samples
}

// TestSamples decodes everything that was recorded and compares what came of it with
// testdata/golden, a file for each folder of samples.
func TestSamples(t *testing.T) {
	t.Parallel()
	golden := map[string]*strings.Builder{}
	var folders []string
	for _, s := range readSamples(t) {
		folder, file, _ := strings.Cut(s.name, "/")
		if golden[folder] == nil {
			golden[folder] = new(strings.Builder)
			folders = append(folders, folder)
		}
		fmt.Fprintf(golden[folder], "-- %s --\n", file)
		doc, err := ParseDocument(s.body)
		if err != nil {
			t.Errorf("%s: parse: %v", s.name, err)
			continue
		}
		if !bytes.Equal(doc.JSON(), s.body) {
			t.Errorf("%s: the document does not keep the received bytes", s.name)
		}
		value, err := decodeAny(doc)
		if err != nil {
			t.Errorf("%s: decode: %v", s.name, err)
			continue
		}
		describe(golden[folder], "", reflect.ValueOf(value))
	}
	for _, folder := range folders {
		compareGolden(t, filepath.Join("testdata/golden", folder+".txt"), golden[folder].String())
	}
}

// decodeAny decodes a document as what its type says that it is.
func decodeAny(doc *Document) (any, error) {
	types := doc.Types()
	if len(types) == 0 {
		return "no ActivityStreams", nil
	}
	switch kindOf(types[0]) {
	case kindActivity:
		return DecodeActivity(doc)
	case kindActor:
		return DecodeActor(doc)
	}
	if strings.Contains(types[0], "Collection") {
		return DecodeCollection(doc)
	}
	return DecodeObject(doc)
}

// compareGolden compares got with the file, or writes the file under -update.
func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d: got %q, want %q", file, i+1, gotLines[i], wantLines[i])
		}
	}
	t.Fatalf("%s: got %d lines, want %d", file, len(gotLines), len(wantLines))
}

// describe writes a value as one line for each field that is not zero. Keys are cut
// to their last characters.
func describe(w *strings.Builder, indent string, v reflect.Value) {
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Struct {
		fmt.Fprintf(w, "%s%v\n", indent, v)
		return
	}
	fmt.Fprintf(w, "%s%s\n", indent, v.Type().Name())
	indent += "  "
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if field.IsZero() {
			continue
		}
		switch value := field.Interface().(type) {
		case time.Time:
			fmt.Fprintf(w, "%s%s: %s\n", indent, name, value.Format(time.RFC3339Nano))
			continue
		case map[string]string:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				fmt.Fprintf(w, "%s%s[%s]: %q\n", indent, name, key, value[key])
			}
			continue
		case string:
			if name == "PEM" {
				value = value[len(value)-len("…AQAB\n-----END PUBLIC KEY-----\n"):]
			}
			fmt.Fprintf(w, "%s%s: %q\n", indent, name, value)
			continue
		}
		switch field.Kind() {
		case reflect.Slice:
			for j := range field.Len() {
				if item := field.Index(j); item.Kind() == reflect.Struct {
					fmt.Fprintf(w, "%s%s:\n", indent, name)
					describe(w, indent+"  ", item)
				} else {
					fmt.Fprintf(w, "%s%s: %v\n", indent, name, item)
				}
			}
		case reflect.Pointer:
			fmt.Fprintf(w, "%s%s:\n", indent, name)
			describe(w, indent+"  ", field)
		default:
			fmt.Fprintf(w, "%s%s: %v\n", indent, name, field)
		}
	}
}

// sampleBodies returns the recorded documents, as seeds.
func sampleBodies(t testing.TB) [][]byte {
	t.Helper()
	var bodies [][]byte
	for _, s := range readSamples(t) {
		bodies = append(bodies, s.body)
	}
	return bodies
}

func BenchmarkParseDocument(b *testing.B) {
	benchmarkSample(b, func(doc *Document) error { return nil })
}

func BenchmarkParseAndDecode(b *testing.B) {
	benchmarkSample(b, func(doc *Document) error {
		_, err := DecodeActivity(doc)
		return err
	})
}

// benchmarkSample parses a GoToSocial Create, and does something with it.
func benchmarkSample(b *testing.B, do func(*Document) error) {
	var body []byte
	for _, s := range readSamples(b) {
		if s.name == "gotosocial-0.20.0-rc1/create-note-public-mention.http" {
			body = s.body
		}
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := ParseDocument(body)
		if err != nil {
			b.Fatal(err)
		}
		if err := do(doc); err != nil {
			b.Fatal(err)
		}
	}
}
