package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"bourg/federation/federationtest/conformance"
)

// What a remote server must do so that Mastodon's users notice nothing, point by point, looked at from outside.
func TestConformance(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie", "--phone", "04 65 71 20 12")
	tw.publish("fournil", "Fournée de seigle. https://ailleurs.example/pain #pain", "--image", photoFile(t), "--alt", "Du pain.")
	peer, err := conformance.NewPeer(freeAddress(t), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	act := func(args ...string) (map[string]any, error) {
		got := tw.try(args...)
		if got.code != 0 {
			return nil, fmt.Errorf("bourg %s: %s", strings.Join(args, " "), got.stderr)
		}
		var answer map[string]any
		return answer, json.Unmarshal([]byte(got.stdout), &answer)
	}
	target := &conformance.Target{
		Base: tw.url.String(), Handle: "fournil@" + tw.host, Peer: peer,
		Publish: func(_ context.Context, words string) (string, error) {
			got, err := act("publish", "--as", "fournil", "--text", words)
			return text(got, "id"), err
		},
		Edit: func(_ context.Context, id, words string) error {
			_, err := act("edit", id, "--text", words)
			return err
		},
		Withdraw: func(_ context.Context, id string) error { _, err := act("withdraw", id); return err },
	}
	for _, c := range conformance.Checks(target) {
		t.Run(c.Point, func(t *testing.T) {
			if err := c.Run(t.Context(), target); err != nil {
				t.Error(err)
			}
		})
	}
}
