package media

import "errors"

// What can be wrong with an upload. Callers turn these into sentences for people.
var (
	// ErrTooLarge: the upload has more than MaxBytes bytes.
	ErrTooLarge = errors.New("upload is larger than 25 MiB")
	// ErrTooManyPixels: the upload is a picture of more than MaxPixels, or a side is longer than MaxSide.
	ErrTooManyPixels = errors.New("picture has too many pixels")
	// ErrNotAPhoto: the upload is neither JPEG nor PNG nor GIF nor WebP. The error is a *NotAPhotoError.
	ErrNotAPhoto = errors.New("upload is not a photo")
	// ErrHEIC: the upload is not a photo by the rule above, but an iPhone's owner thinks it is one. It is an
	// ErrNotAPhoto as well.
	ErrHEIC = errors.New("upload is a HEIC photo")
	// ErrDamaged: the upload begins as a photo does, but cannot be decoded: it is truncated or broken.
	ErrDamaged = errors.New("photo is damaged")
	// ErrDiskFull: less than 200 MB or less than 2 % of the disk is free, or it filled up while writing.
	ErrDiskFull = errors.New("disk is full")
)

// A NotAPhotoError says what was uploaded instead of a photo.
type NotAPhotoError struct {
	// Kind is one of "empty", "heic", "avif", "video", "svg", "html", "xml", "pdf", "zip", "animated webp", "tiff",
	// "bmp", "raw" and "unknown". It is a guess that serves an error message, nothing else.
	Kind string
}

// Error says what was found.
func (e *NotAPhotoError) Error() string { return ErrNotAPhoto.Error() + ": " + e.Kind }

// Is makes it ErrNotAPhoto, and ErrHEIC where that is what was found.
func (e *NotAPhotoError) Is(target error) bool {
	return target == ErrNotAPhoto || target == ErrHEIC && e.Kind == "heic"
}
