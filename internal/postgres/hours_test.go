package postgres_test

import (
	"reflect"
	"testing"
	"time"

	"bourg/internal/hours"
	"bourg/internal/town"

	"github.com/google/uuid"
)

func TestAMerchantsHoursAndAddressAreKept(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	want := &town.Merchant{
		Name: "Le Fournil", Trade: "boulangerie", Paint: "brique", Address: "4 place de la Fontaine", PostalCode: "30500", Locality: "Saint-Laurent",
		Opening: "Tu-Sa 07:00-13:00; PH off", Hours: "Le four s’allume à 3 h.",
		Special: []hours.Special{
			{From: hours.Date{Year: 2026, Month: 12, Day: 24}, Through: hours.Date{Year: 2026, Month: 12, Day: 24}, Spans: []hours.Span{{From: 420, To: 1020}}, Note: "Réveillon"},
			{From: hours.Date{Year: 2027, Month: 2, Day: 8}, Through: hours.Date{Year: 2027, Month: 2, Day: 21}},
		},
	}
	kept := func(m *town.Merchant) []any {
		return []any{m.Address, m.PostalCode, m.Locality, m.Opening, m.Hours, m.Special}
	}
	f.must(f.AddMerchant(f.ctx(), want, f.newActor("fournil")))
	got, err := f.Merchant(f.ctx(), want.ID)
	f.must(err)
	if !reflect.DeepEqual(kept(got), kept(want)) {
		t.Errorf("added: got %v, want %v", kept(got), kept(want))
	}
	got.Opening, got.Special, got.Locality = "24/7", nil, ""
	f.must(f.EditMerchant(f.ctx(), got, f.outgoing(got.ID, "Update", f.addresses.Actor(got.ID), town.Recipients{})))
	edited, err := f.Merchant(f.ctx(), want.ID)
	f.must(err)
	if !reflect.DeepEqual(kept(edited), kept(got)) {
		t.Errorf("edited: got %v, want %v", kept(edited), kept(got))
	}
}

func TestTwoEditsOfAProfileInAMinuteSendOneUpdate(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("fournil")
	f.follow(m.ID, peer("away.example", "ana"))
	f.clearQueue()
	edit := func(leaves time.Time) {
		t.Helper()
		out := f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{Followers: true})
		out.Leaves = leaves
		f.must(f.EditMerchant(f.ctx(), m, out))
	}
	now := time.Now()
	first := now.Add(40 * time.Second).Truncate(time.Second)
	edit(first)
	f.follow(m.ID, peer("later.example", "bob")) // who followed in between gets the new profile as well
	f.exec(`DELETE FROM deliveries d USING activities a WHERE a.id = d.activity_id AND a.type = 'Accept'`)
	edit(now.Add(time.Minute))
	if w := f.waiting(); !reflect.DeepEqual(w, []string{"Update https://away.example/inbox", "Update https://later.example/inbox"}) {
		t.Errorf("deliveries: got %v, want one Update for each server", w)
	}
	var leaves time.Time
	f.must(f.Pool().QueryRow(f.ctx(), `SELECT leaves_at FROM activities WHERE type = 'Update'`).Scan(&leaves)) // exactly one row, else it fails below
	if n := f.count(`SELECT count(*) FROM activities WHERE type = 'Update'`); n != 1 || !leaves.Equal(first) {
		t.Errorf("got %d Updates, leaving at %s, want one that leaves when the first was to, at %s", n, leaves, first)
	}
	f.exec(`UPDATE activities SET leaves_at = now() + interval '1 second' WHERE type = 'Update'`) // as good as gone
	edit(now.Add(time.Minute))
	if n := f.count(`SELECT count(*) FROM activities WHERE type = 'Update'`); n != 2 {
		t.Errorf("got %d Updates, want the one that is on its way and the next", n)
	}
}

func TestWhoseHoursAreRead(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	day := hours.Date{Year: 2026, Month: 12, Day: 24}
	for _, handle := range []string{"abel", "berthe", "cyprien", "delphine"} {
		m := f.merchant(handle)
		m.Opening = "Tu-Sa 07:00-13:00"
		if handle != "abel" {
			m.Special = []hours.Special{{From: day, Through: day, Note: handle}}
		}
		f.must(f.EditMerchant(f.ctx(), m, f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{})))
	}
	f.exec(`UPDATE actors SET deleted_at = now() WHERE handle = 'cyprien'`)
	handles := func(list []*town.Merchant) (names []string) {
		for _, m := range list {
			names = append(names, m.Handle)
			if m.Opening != "Tu-Sa 07:00-13:00" || (m.Handle != "abel") != (len(m.Special) == 1) {
				t.Errorf("%s: got the hours %q and %v", m.Handle, m.Opening, m.Special)
			}
		}
		return names
	}
	all, err := f.MerchantHours(f.ctx())
	f.must(err)
	if got := handles(all); len(got) != 3 {
		t.Errorf("the hours of all: got %v, want those of the three that live", got)
	}
	var paged []string
	for after := uuid.Nil; ; {
		list, err := f.MerchantsWithSpecialHours(f.ctx(), after, 1)
		f.must(err)
		if len(list) == 0 {
			break
		}
		paged, after = append(paged, handles(list)...), list[0].ID
	}
	if !reflect.DeepEqual(paged, []string{"berthe", "delphine"}) {
		t.Errorf("page by page: got %v, want who has special hours and lives", paged)
	}
}
