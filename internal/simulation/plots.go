package simulation

import (
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// series is one line of a plot.
type series struct {
	name string
	xys  plotter.XYs
}

// The pens differ by lightness and by dashes, so that they can be told apart in grey and by who sees no colours.
func pens() []struct {
	ink    color.Color
	dashes []vg.Length
} {
	return []struct {
		ink    color.Color
		dashes []vg.Length
	}{
		{color.RGBA{R: 0x12, G: 0x2b, B: 0x4a, A: 0xff}, nil},
		{color.RGBA{R: 0xc2, G: 0x5b, B: 0x12, A: 0xff}, []vg.Length{vg.Points(7), vg.Points(3)}},
		{color.RGBA{R: 0x7f, G: 0x8c, B: 0x99, A: 0xff}, []vg.Length{vg.Points(2), vg.Points(2)}},
	}
}

// draw writes the plots into a folder.
func (r *Results) draw(folder string) error {
	for name, p := range r.plots() {
		for i, s := range p.lines {
			line, err := plotter.NewLine(s.xys)
			if err != nil {
				return fmt.Errorf("draw %s: %w", name, err)
			}
			pen := pens()[i]
			line.Color, line.Width, line.Dashes = pen.ink, vg.Points(1.6), pen.dashes
			p.Add(line)
			if len(p.lines) > 1 {
				p.Legend.Add(s.name, line)
			}
		}
		if err := p.Save(17*vg.Centimeter, 9*vg.Centimeter, filepath.Join(folder, name+".svg")); err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
	}
	return nil
}

// drawing is a plot before its lines are in it.
type drawing struct {
	*plot.Plot
	lines []series
}

func newDrawing(title, x, y string) *drawing {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding, p.Legend.Padding = vg.Points(6), vg.Points(2)
	p.Legend.ThumbnailWidth = vg.Points(28)
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle,
	} {
		style.Font.Variant, style.Font.Size = "Sans", vg.Points(9)
	}
	p.Title.TextStyle.Font.Size = vg.Points(11)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 0xdd}, color.Gray{Y: 0xdd}
	p.Add(grid)
	return &drawing{Plot: p}
}

// log makes both axes logarithmic, with marks where they are named.
func (d *drawing) log(x, y []plot.Tick) {
	d.X.Scale, d.Y.Scale = plot.LogScale{}, plot.LogScale{}
	d.X.Tick.Marker, d.Y.Tick.Marker = plot.ConstantTicks(x), plot.ConstantTicks(y)
}

func (r *Results) plots() map[string]*drawing {
	return map[string]*drawing{
		"load": r.plotLoad(), "copies": r.plotCopies(), "arrival": r.plotArrival(), "recovery": r.plotRecovery(), "growth": r.plotGrowth(),
	}
}

func (r *Results) plotLoad() *drawing {
	d := newDrawing("What a town has to do in a day", "more than so many a day", "share of the days of all towns")
	for _, s := range []struct {
		name  string
		tails []Tail
	}{{"requests made", r.Calm.LoadMade}, {"neighbours’ posts received", r.Calm.LoadReceived}} {
		d.lines = append(d.lines, series{s.name, points(s.tails, 1e-6)})
	}
	d.log(decades(0, 4, false), decades(-6, 0, true))
	d.X.Min, d.X.Max, d.Y.Min, d.Y.Max = 1, 1e4, 1e-6, 1
	d.Legend.Top = true
	return d
}

func (r *Results) plotCopies() *drawing {
	d := newDrawing("Neighbours’ posts that a town has", "days since the first news", "posts, mean of all towns")
	var xys plotter.XYs
	for i, n := range r.Calm.Copies {
		xys = append(xys, plotter.XY{X: float64(i), Y: n})
	}
	d.lines = []series{{"posts", xys}}
	d.Y.Min = 0
	return d
}

func (r *Results) plotArrival() *drawing {
	d := newDrawing("How long news takes to a neighbour", "longer than so long after it left", "share of the news")
	d.lines = append(d.lines, series{"ordinary time", points(r.Calm.Arrival, 1e-6)})
	for _, o := range r.Outages {
		d.lines = append(d.lines, series{fmt.Sprintf("a tenth away for %d h", o.Hours), points(o.Arrival, 1e-6)})
	}
	d.log([]plot.Tick{
		{Value: 0.1, Label: "0.1 s"}, {Value: 1, Label: "1 s"}, {Value: 10, Label: "10 s"}, {Value: 60, Label: "1 min"}, {Value: 600, Label: "10 min"},
		{Value: 3600, Label: "1 h"}, {Value: 6 * 3600, Label: "6 h"}, {Value: 86400, Label: "1 day"}, {Value: 7 * 86400, Label: "7 days"},
	}, decades(-6, 0, true))
	d.X.Min, d.X.Max, d.Y.Min, d.Y.Max = 0.1, 14*86400, 1e-6, 1
	d.Legend.Top = true
	return d
}

func (r *Results) plotRecovery() *drawing {
	d := newDrawing("Exchanges in which something is missing", "hours since a tenth of the towns failed", "share of all exchanges, in %")
	for _, o := range r.Outages {
		var xys plotter.XYs
		begin := float64(r.Plan.OutageDay) + 10.0/24
		for _, s := range o.Course {
			xys = append(xys, plotter.XY{X: math.Round((s.Day-begin)*48) / 2, Y: 100 * float64(s.Apart) / float64(o.Exchanges)})
		}
		d.lines = append(d.lines, series{fmt.Sprintf("away for %d hours", o.Hours), xys})
	}
	var marks []plot.Tick
	for hours := -24; hours <= 144; hours += 12 {
		marks = append(marks, plot.Tick{Value: float64(hours), Label: strconv.Itoa(hours)})
	}
	d.X.Tick.Marker = plot.ConstantTicks(marks)
	d.Y.Min = 0
	d.Legend.Top = true
	return d
}

func (r *Results) plotGrowth() *drawing {
	d := newDrawing("What a town has to do, by the size of the network", "towns", "a day, for one town")
	var median, most, relay plotter.XYs
	for _, g := range r.Growth {
		x := float64(g.Towns)
		median = append(median, plotter.XY{X: x, Y: g.Requests.Median})
		most = append(most, plotter.XY{X: x, Y: g.Requests.P95})
		relay = append(relay, plotter.XY{X: x, Y: g.PostsOfAll * g.PerPost})
	}
	d.lines = []series{{"requests, median", median}, {"requests, 95 of 100", most}, {"through one relay for all: activities received (arithmetic)", relay}}
	x := decades(2, 4, false)
	x = append(x, plot.Tick{Value: 35_000, Label: "35,000"})
	d.log(x, decades(1, 5, false))
	d.X.Min, d.X.Max, d.Y.Min, d.Y.Max = 100, 40_000, 10, 1e5
	d.Legend.Top, d.Legend.Left = true, true
	return d
}

// points are those of a share that a logarithmic axis can show.
func points(tails []Tail, least float64) plotter.XYs {
	var xys plotter.XYs
	for _, t := range tails {
		if t.Share >= least && t.Above > 0 {
			xys = append(xys, plotter.XY{X: t.Above, Y: t.Share})
		}
	}
	return xys
}

// decades are marks at powers of ten.
func decades(from, to int, asPercent bool) []plot.Tick {
	var marks []plot.Tick
	for e := from; e <= to; e++ {
		v := math.Pow10(e)
		label := number0(v)
		if asPercent {
			label = strconv.FormatFloat(math.Pow10(e+2), 'f', max(0, -e-2), 64) + " %"
		}
		marks = append(marks, plot.Tick{Value: v, Label: label})
	}
	return marks
}
