package main_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A town's machine is lost. On another one it goes on from the backup of the night: the same pages, photos and keys, the same
// followers, and what waited for them is sent.
func TestATownGoesOnFromItsBackupOnAnotherMachine(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	f := newFollower(t)
	actor := f.discover("fournil@" + tw.host)
	f.follow("ana", actor)
	photo := filepath.Join(t.TempDir(), "pain.jpg")
	if err := os.WriteFile(photo, picture(t, "jpeg", "pain"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := tw.publish("fournil", "Fournée de seigle.", "--image", photo, "--alt", "Deux boules.")
	f.await("Create", kept.ID)
	key := text(actor.document, "publicKey", "publicKeyPem")

	file := filepath.Join(t.TempDir(), "bourg.tar")
	if got := tw.run("backup", file); got["photos"].(float64) < 1 || text(got, "url") != tw.url.String() {
		t.Errorf("the backup: got %v, want the town with its photo", got)
	}
	if got := tw.try("restore", file); got.code != 1 || !strings.Contains(got.stderr, "is not empty") {
		t.Errorf("restored over a town: got %+v, want a refusal", got)
	}
	lost := tw.publish("fournil", "Pain perdu.")
	f.await("Create", lost.ID)
	tw.kill()

	// The other machine: nothing but the file, and the town's name.
	name := tw.databaseName() + "_new"
	quoted := pgx.Identifier{name}.Sanitize()
	old := tw.database()
	tw.exec(`CREATE DATABASE ` + quoted)
	t.Cleanup(func() {
		if tw.serving != nil {
			tw.stop()
		}
		tw.drop("BOURG_DATABASE_URL")
		tw.env = append(tw.env, "BOURG_DATABASE_URL="+old)
		tw.exec(`DROP DATABASE ` + quoted + ` WITH (FORCE)`)
	})
	dsn, err := url.Parse(old)
	if err != nil {
		t.Fatal(err)
	}
	dsn.Path = "/" + name
	tw.drop("BOURG_DATABASE_URL")
	tw.drop("BOURG_DATA")
	tw.env = append(tw.env, "BOURG_DATABASE_URL="+dsn.String(), "BOURG_DATA="+filepath.Join(t.TempDir(), "data"))
	home := tw.url.String()
	tw.drop("BOURG_URL")
	tw.env = append(tw.env, "BOURG_URL=http://127.0.0.1:1")
	if got := tw.try("restore", file); got.code != 1 || !strings.Contains(got.stderr, "is in every id") {
		t.Errorf("restored under another name: got %+v, want a refusal", got)
	}
	tw.drop("BOURG_URL")
	tw.env = append(tw.env, "BOURG_URL="+home)
	cut := filepath.Join(t.TempDir(), "cut.tar")
	whole, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(cut, whole[:len(whole)-20_000], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := tw.try("restore", cut); got.code != 1 || !strings.Contains(got.stderr, "not a whole backup") {
		t.Errorf("restored from half a file: got %+v, want a refusal", got)
	}
	if got := tw.run("restore", file); got["photos"].(float64) < 1 {
		t.Errorf("restored: got %v, want the photo", got)
	}
	tw.start()

	if err := tw.shows("/", "Fournée de seigle."); err != nil {
		t.Error(err)
	}
	if err := tw.showsNot("/", "Pain perdu."); err != nil {
		t.Errorf("what is younger than the backup: %v", err)
	}
	src := regexp.MustCompile(`src="(/media/[^"]+)"`).FindStringSubmatch(tw.read("/"))
	if src == nil {
		t.Fatal("the thread has no photo")
	}
	if got := tw.read(src[1]); got == "" {
		t.Error("the photo is not there")
	}
	if got := text(f.discover("fournil@"+tw.host).document, "publicKey", "publicKeyPem"); got != key || key == "" {
		t.Error("the shop has another key than before")
	}
	after := tw.publish("fournil", "Pain du lendemain.")
	f.await("Create", after.ID)
}
