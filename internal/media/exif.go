package media

import (
	"bytes"
	"encoding/binary"
)

// orientation returns how a photo must be turned to stand upright: 1 to 8 as in the tag Orientation (Exif 2.32,
// section 4.6.4 A), 1 where the file says nothing or nonsense. It reads no byte that is not there and follows no
// pointer but one.
func orientation(format string, data []byte) int {
	switch format {
	case "jpeg":
		for marker, payload := range jpegSegments(data) {
			if tiff, ok := bytes.CutPrefix(payload, []byte("Exif\x00\x00")); ok && marker == 0xE1 {
				return tiffOrientation(tiff)
			}
		}
	case "png":
		for name, payload := range chunks(data[min(8, len(data)):], binary.BigEndian, true) {
			if name == "eXIf" {
				return tiffOrientation(payload)
			}
		}
	case "webp":
		for name, payload := range chunks(data[min(12, len(data)):], binary.LittleEndian, false) {
			if name == "EXIF" {
				return tiffOrientation(bytes.TrimPrefix(payload, []byte("Exif\x00\x00")))
			}
		}
	}
	return 1
}

// jpegSegments goes through the segments before the picture's data, by marker and payload (ITU-T T.81, annex B).
func jpegSegments(data []byte) func(func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		if len(data) < 2 {
			return
		}
		for data = data[2:]; len(data) >= 4 && data[0] == 0xFF; {
			marker := data[1]
			if marker == 0xFF { // a fill byte
				data = data[1:]
				continue
			}
			length := int(binary.BigEndian.Uint16(data[2:]))
			if marker == 0xDA || marker < 0xC0 || length < 2 || length > len(data)-2 {
				return
			}
			if !yield(marker, data[4:2+length]) {
				return
			}
			data = data[2+length:]
		}
	}
}

// chunks goes through the chunks of a PNG or RIFF file by name and payload. In PNG the length comes first and a
// checksum follows; in RIFF the name comes first and payloads begin at even places.
func chunks(data []byte, order binary.ByteOrder, isPNG bool) func(func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			name, length := string(data[:4]), uint64(order.Uint32(data[4:]))
			if isPNG {
				name, length = string(data[4:8]), uint64(order.Uint32(data))
			}
			data = data[8:]
			if length > uint64(len(data)) || !yield(name, data[:length]) {
				return
			}
			tail := length & 1
			if isPNG {
				tail = 4
			}
			data = data[min(length+tail, uint64(len(data))):]
		}
	}
}

// tiffOrientation reads the tag from the first directory of a TIFF structure (TIFF 6.0, section 2).
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	directory := tiff[at+2:]
	const size, tag, short = 12, 0x0112, 3
	for i := range min(entries, len(directory)/size) {
		e := directory[i*size:]
		if order.Uint16(e) != tag {
			continue
		}
		if v := int(order.Uint16(e[8:])); order.Uint16(e[2:]) == short && order.Uint32(e[4:]) == 1 && v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}
