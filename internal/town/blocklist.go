package town

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"bourg/federation"
)

// This file reads and writes lists of blocked domains in the form of Mastodon's export (config/…/admin/export_domain_blocks,
// 4.1 and later): a file of comma separated values whose first line names the columns.

// blockColumns are the columns of a list, in Mastodon's order.
var blockColumns = []string{"#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"}

const (
	// MaxBlocklist is how many bytes a list has at most.
	MaxBlocklist = 1 << 20
	// MaxBlocklistRows is how many domains it has at most.
	MaxBlocklistRows = 5000
	// maxSkipped is how many lines that are not taken are told one by one.
	maxSkipped = 200
	// maxBlockReason is how long the reason of a block is, in runes.
	maxBlockReason = 500
)

// SkippedBlock is a line of a list that is not taken.
type SkippedBlock struct {
	Line   int
	Domain string
	Why    string // key of the words: blocklist.severity, blocklist.obfuscated, blocklist.domain, blocklist.wide, blocklist.own
}

// BlockPreview is what importing a list would change. An import never lets anybody in.
type BlockPreview struct {
	New        []BlockedDomain // with their reasons, by domain
	Neighbours []string        // those of New with which news is exchanged: the exchange would end
	Already    int             // blocked already, by themselves or by a domain above them
	Skipped    []SkippedBlock  // the first of them
	NotTaken   int             // all that are skipped
}

// readBlocklist reads a list: the domains to block, without repeats, and what is not taken. Invalid with the field "list":
// list.large, list.rows, list.encoding, list.form, list.empty.
func readBlocklist(file io.Reader, own string) ([]BlockedDomain, *BlockPreview, error) {
	raw, err := io.ReadAll(io.LimitReader(file, MaxBlocklist+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read the list: %w", err)
	case len(raw) > MaxBlocklist:
		return nil, nil, Invalid{"list": "list.large"}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, nil, Invalid{"list": "list.encoding"}
	}
	rows := csv.NewReader(bytes.NewReader(raw))
	rows.FieldsPerRecord, rows.TrimLeadingSpace = -1, true
	columns := map[string]int{"domain": 0}
	preview, seen := &BlockPreview{}, map[string]bool{}
	var list []BlockedDomain
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, Invalid{"list": "list.form"}
		}
		if n == 0 {
			if named := columnsOf(row); named != nil {
				columns = named
				continue
			}
		}
		if n > MaxBlocklistRows {
			return nil, nil, Invalid{"list": "list.rows"}
		}
		line, _ := rows.FieldPos(0)
		cell := func(name string) string {
			if i, named := columns[name]; named && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		domain, why := blockable(cell("domain"), cell("severity"), own)
		if why != "" {
			preview.skip(line, cell("domain"), why)
			continue
		}
		if seen[domain] {
			continue
		}
		seen[domain] = true
		reason := strings.Join(strings.Fields(strings.TrimPrefix(cell("public_comment"), "'")), " ")
		list = append(list, BlockedDomain{Domain: domain, Reason: cutRunes(reason, maxBlockReason)})
	}
	if len(list) == 0 && preview.NotTaken == 0 {
		return nil, nil, Invalid{"list": "list.empty"}
	}
	return list, preview, nil
}

// columnsOf are the places of the columns that a first line names, with or without Mastodon's "#"; nil where it names none: a
// list of bare domains.
func columnsOf(row []string) map[string]int {
	columns := map[string]int{}
	for i, name := range row {
		columns[strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "#")] = i
	}
	if _, named := columns["domain"]; !named {
		return nil
	}
	return columns
}

// blockable is the domain of a line in the one spelling of hosts, or why it is not blocked. There is one severity here:
// what is merely silenced elsewhere is left to the town hall, line by line.
func blockable(domain, severity, own string) (canonical, why string) {
	switch {
	case strings.ContainsRune(domain, '*'):
		return "", "blocklist.obfuscated"
	case severity != "" && !strings.EqualFold(severity, "suspend"):
		return "", "blocklist.severity"
	}
	canonical = federation.CanonicalHost("https", strings.TrimPrefix(domain, "."))
	switch {
	case canonical == "" || len(canonical) > 260:
		return "", "blocklist.domain"
	case !strings.Contains(canonical, "."):
		return "", "blocklist.wide" // "fr" with all below it
	case canonical == own || strings.HasSuffix(own, "."+canonical):
		return "", "blocklist.own"
	}
	return canonical, ""
}

func (p *BlockPreview) skip(line int, domain, why string) {
	p.NotTaken++
	if len(p.Skipped) < maxSkipped {
		p.Skipped = append(p.Skipped, SkippedBlock{Line: line, Domain: cutRunes(domain, 100), Why: why})
	}
}

// PreviewBlocks tells what importing a list would change, and changes nothing.
func (m *Moderator) PreviewBlocks(ctx context.Context, by Author, file io.Reader) (*BlockPreview, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	list, preview, err := readBlocklist(file, m.Own)
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		err := m.Store.Allowed(ctx, one.Domain)
		switch {
		case errors.Is(err, federation.ErrBlocked):
			preview.Already++
		case err != nil:
			return nil, err
		default:
			preview.New = append(preview.New, one)
		}
	}
	slices.SortFunc(preview.New, func(a, b BlockedDomain) int { return strings.Compare(a.Domain, b.Domain) })
	all, err := m.Store.Neighbours(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		ends := func(d BlockedDomain) bool { return d.Domain == k.Domain || strings.HasSuffix(k.Domain, "."+d.Domain) }
		if (k.Incoming == StandingAccepted || k.Outgoing == StandingAccepted) && slices.ContainsFunc(preview.New, ends) {
			preview.Neighbours = append(preview.Neighbours, k.label())
		}
	}
	return preview, nil
}

// ImportBlocks blocks what PreviewBlocks calls new, in one act, and returns how many domains those are. It never unblocks.
func (m *Moderator) ImportBlocks(ctx context.Context, by Author, file io.Reader) (int, error) {
	preview, err := m.PreviewBlocks(ctx, by, file)
	if err != nil || len(preview.New) == 0 {
		return 0, err
	}
	return len(preview.New), m.Store.BlockDomains(ctx, preview.New, m.Now())
}

// ExportBlocks writes the list of all blocks. What a spreadsheet would take for a formula begins with an apostrophe, which
// readers of the list take away again.
func (m *Moderator) ExportBlocks(ctx context.Context, by Author, w io.Writer) error {
	list, err := m.Blocked(ctx, by)
	if err != nil {
		return err
	}
	return WriteBlocklist(w, list)
}

// WriteBlocklist writes blocks as a list that Mastodon and readBlocklist take.
func WriteBlocklist(w io.Writer, list []BlockedDomain) error {
	rows := csv.NewWriter(w)
	all := [][]string{blockColumns}
	for _, d := range list {
		all = append(all, []string{d.Domain, "suspend", "true", "true", noFormula(d.Reason), "false"})
	}
	if err := rows.WriteAll(all); err != nil { // and flushes
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r'", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
