package browsertest

import (
	"testing"
	"time"
)

func TestAMerchantSaysWhenTheShopIsOpen(t *testing.T) {
	t.Parallel()
	m, folder := equipment(t), pictures(t, "hours")
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices()[:2] {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			tw := newTown(t)
			tw.env = append(tw.env, "BOURG_TOWN_NAME=Saint-Laurent-sur-Cèze", "BOURG_TOWN_HANDLE=saintlaurent", "BOURG_TOWN_INSEE=30273",
				"BOURG_TOWN_LAT=44.17", "BOURG_TOWN_LON=4.49")
			tw.start("serve")
			shop := tw.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil de la Halle", "--trade", "boulangerie",
				"--address", "4 place de la Fontaine, 30500 Saint-Laurent", "--hours", "Tu-Sa 07:00-13:00")
			d.act(t, m, tw, folder, "hours", map[string]any{
				"link": shop["sign_in"], "closed": time.Now().In(paris).AddDate(0, 0, 4).Format(time.DateOnly),
			})
		})
	}
}
