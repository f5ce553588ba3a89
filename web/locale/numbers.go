package locale

import (
	"math"
	"strconv"
	"strings"
)

// Number writes a whole number with its thousands apart: « 1 250 », "1,250".
func (l *Locale) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	sep := NBSP
	if l.Lang == EN {
		sep = ","
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Distance writes a way in metres as one says it: « 45 m » below a hundred, tens of metres below a kilometre, « 1,8 km » below
// ten, whole kilometres above.
func (l *Locale) Distance(metres float64) string {
	switch {
	case metres < 99.5:
		return strconv.Itoa(max(5, int(math.Round(metres/5))*5)) + NBSP + "m"
	case metres < 995:
		return strconv.Itoa(int(math.Round(metres/10))*10) + NBSP + "m"
	case metres < 9950:
		return l.decimal(metres/1000) + NBSP + "km"
	}
	return l.Number(int(math.Round(metres/1000))) + NBSP + "km"
}

// Euros writes an amount in hundredths of a euro: « 2,20 € », « 24 € », « 1 250 € », "€2.20".
func (l *Locale) Euros(cents int64) string {
	amount, rest := l.Number(int(cents/100)), int(cents%100)
	mark := ","
	if l.Lang == EN {
		mark = "."
	}
	if rest != 0 {
		amount += mark + twoDigits(rest)
	}
	if l.Lang == EN {
		return "€" + amount
	}
	return amount + NBSP + "€"
}

// Size writes a number of bytes: « 214 ko », « 4,7 Mo », "214 KB", "4.7 MB".
func (l *Locale) Size(bytes int64) string {
	kilo, mega := "ko", "Mo"
	if l.Lang == EN {
		kilo, mega = "KB", "MB"
	}
	if bytes < 999_500 {
		return strconv.FormatInt(max(1, (bytes+500)/1000), 10) + NBSP + kilo
	}
	return l.decimal(float64(bytes)/1e6) + NBSP + mega
}

// decimal writes a number with one digit behind the mark, and none when that digit is zero.
func (l *Locale) decimal(f float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	if l.Lang == FR {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Phone writes a French telephone number in pairs: « 04 65 71 20 12 », whether it was noted as 0465712012 or +33465712012.
// Numbers of other lands come back as they were noted.
func Phone(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s)
	if after, ok := strings.CutPrefix(digits, "+33"); ok && len(after) == 9 {
		digits = "0" + after
	}
	if len(digits) != 10 || digits[0] != '0' {
		return strings.TrimSpace(s)
	}
	pairs := make([]string, 0, 5)
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	return strings.Join(pairs, NBSP)
}
