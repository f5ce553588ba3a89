package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestListsOfBlocksGoInAndOut: by the commands, and by the town hall's page; both show what would change before it does.
func TestListsOfBlocksGoInAndOut(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.run("block", "pire.example", "--reason", "=Haine")
	exported := tw.try("block", "export")
	if want := "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\npire.example,suspend,true,true,'=Haine,false\n"; exported.stdout != want {
		t.Errorf("export: got %q, want %q", exported.stdout, want)
	}
	file := filepath.Join(t.TempDir(), "liste.csv")
	if err := os.WriteFile(file, []byte("#domain,#severity,#public_comment\npromo.example,suspend,Publicité\ndoux.example,silence,\npire.example,suspend,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := func() int { return tw.counts(`SELECT count(*) FROM blocked_domains`) }
	shown := tw.try("block", "import", file).stdout
	want := `{"blocked":["promo.example"],"neighbours":[],"already":1,"not_taken":[{"line":3,"domain":"doux.example","why":"it is not suspended there"}],"done":false}` + "\n"
	if shown != want || blocked() != 1 {
		t.Errorf("showing a list: got %q and %d blocks, want %q and none more", shown, blocked(), want)
	}
	if done := tw.run("block", "import", "--yes", file); done["done"] != true || blocked() != 2 {
		t.Errorf("importing it: got %v and %d blocks, want two", done, blocked())
	}
	if bad := tw.try("block", "import", filepath.Join(t.TempDir(), "none.csv")); bad.code == 0 || !strings.Contains(bad.stderr, "none.csv") {
		t.Errorf("a file that is not there: got %+v, want a sentence", bad)
	}

	hall, _ := tw.signIn(text(tw.run("admin", "add", "--email", "mairie@saint-laurent.example"), "sign_in"))
	page := hall.visit("/mairie/reseau").click("Listes de blocages")
	page = page.form("Voir ce qui changerait").attach("liste.csv", []byte("#domain,#severity,#public_comment\n\"autre.example\",suspend,\"deux\nlignes\"\nex*mple.org,suspend,\n")).press()
	page.must("1 site serait bloqué", "autre.example", "Le nom est rendu illisible.")
	if blocked() != 2 {
		t.Error("the page has blocked before it was asked to")
	}
	page.form("Bloquer ce site").press().must("1 site de plus est bloqué.", "autre.example")
	if blocked() != 3 || !strings.Contains(tw.try("block", "export").stdout, "autre.example,suspend,true,true,deux lignes,false\n") {
		t.Errorf("after the page: got %d blocks and the list %q, want three", blocked(), tw.try("block", "export").stdout)
	}
}
