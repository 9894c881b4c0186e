package blob_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"housecall/internal/blob"
	"housecall/internal/blob/blobtest"
	"housecall/internal/fault"
)

var pictures = []string{"image/jpeg", "image/png", "image/webp", "image/heic"}

func TestJPEGKeepsWhichWayIsUpAndNothingElseOfItsExif(t *testing.T) {
	t.Parallel()
	photo := append(blobtest.Photo(), "trailer with "+blobtest.Position...)

	clean, err := blob.Clean(photo, "image/jpeg", pictures)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(clean, []byte(blobtest.Position)) {
		t.Error("the position is still in it")
	}
	if !bytes.Contains(clean, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
		t.Error("the orientation is lost")
	}
	if _, err := jpeg.Decode(bytes.NewReader(clean)); err != nil {
		t.Errorf("can't be decoded: %v", err)
	}
	again, err := blob.Clean(clean, "image/jpeg", pictures)
	if err != nil || !bytes.Equal(again, clean) {
		t.Errorf("cleaning the clean one changed it: %v", err)
	}
}

func TestPNGLosesItsTextAndExif(t *testing.T) {
	t.Parallel()
	clean, err := blob.Clean(pngPhoto(), "image/png", pictures)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(clean, []byte(blobtest.Position)) {
		t.Error("the position is still in it")
	}
	if _, err := png.Decode(bytes.NewReader(clean)); err != nil {
		t.Errorf("can't be decoded: %v", err)
	}
}

func pngPhoto() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 4, 4)))
	raw := b.Bytes()
	out := append([]byte{}, raw[:33]...) // head and IHDR
	for _, kind := range []string{"tEXt", "eXIf", "iTXt", "prVt"} {
		out = append(out, pngChunk(kind, blobtest.Position)...)
	}
	return append(append(out, raw[33:]...), blobtest.Position...)
}

func pngChunk(kind, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func TestWebPLosesItsExifAndXMP(t *testing.T) {
	t.Parallel()
	clean, err := blob.Clean(webpPhoto(), "image/webp", pictures)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(clean, []byte(blobtest.Position)) {
		t.Error("the position is still in it")
	}
	if flags := clean[20]; flags&0x0C != 0 {
		t.Errorf("the head still promises them: %#x", flags)
	}
	if size := binary.LittleEndian.Uint32(clean[4:]); int(size)+8 != len(clean) {
		t.Errorf("size %d, file %d", size, len(clean))
	}
}

func webpPhoto() []byte {
	// One pixel, as every browser is probed with.
	lossless, _ := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	head := []byte("VP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	film := riff("ANMF", append(bytes.Repeat([]byte{0}, 16), append(riff("VP8L", lossless[20:]), riff("EXIF", []byte(blobtest.Position))...)...))
	body := append(head, lossless[12:]...)
	body = append(append(append(body, film...), riff("EXIF", []byte(blobtest.Position))...), riff("XMP ", []byte(blobtest.Position))...)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4))
	return append(append(out, "WEBP"...), body...)
}

func riff(kind string, body []byte) []byte {
	out := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func TestHEICLosesItsExif(t *testing.T) {
	t.Parallel()
	photo := heicPhoto()

	clean, err := blob.Clean(photo, "image/heic", pictures)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(clean, []byte(blobtest.Position)) {
		t.Error("the position is still in it")
	}
	if len(clean) != len(photo) || !bytes.Contains(clean, []byte("the picture")) {
		t.Error("the picture was touched")
	}
}

// heicPhoto is the frame of such a file: item 1 is the picture, item 2 its Exif.
func heicPhoto() []byte {
	infe := func(id byte, kind string) []byte {
		return isoBox("infe", append([]byte{2, 0, 0, 0, 0, id, 0, 0}, kind+"\x00"...))
	}
	iinf := isoBox("iinf", append(append([]byte{0, 0, 0, 0, 0, 2}, infe(1, "hvc1")...), infe(2, "Exif")...))
	build := func(at uint32) []byte {
		extent := func(id byte, offset, length uint32) []byte {
			out := []byte{0, id, 0, 0, 0, 1}
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, offset), length)
		}
		iloc := append([]byte{0, 0, 0, 0, 0x44, 0, 0, 2}, extent(1, at, 11)...)
		iloc = append(iloc, extent(2, at+11, uint32(len(blobtest.Position)))...)
		head := append(isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")),
			isoBox("meta", append(append([]byte{0, 0, 0, 0}, iinf...), isoBox("iloc", iloc)...))...)
		return append(head, isoBox("uuid", []byte(blobtest.Position))...)
	}
	head := build(uint32(len(build(0)) + 8))
	return append(head, isoBox("mdat", []byte("the picture"+blobtest.Position))...)
}

func isoBox(kind string, body []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), kind...), body...)
}

func TestPictureThatNoStripperKnowsIsRefused(t *testing.T) {
	t.Parallel()
	gif := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")

	_, err := blob.Clean(gif, "image/gif", []string{"image/gif"})

	if !fault.Is(err, fault.WrongType) {
		t.Errorf("error = %v", err)
	}
}

func FuzzClean(f *testing.F) {
	for i, picture := range [][]byte{blobtest.Photo(), pngPhoto(), webpPhoto(), heicPhoto()} {
		f.Add(i, picture)
	}
	f.Fuzz(func(t *testing.T, which int, raw []byte) {
		said := pictures[uint(which)%uint(len(pictures))]

		clean, err := blob.Clean(raw, said, pictures)
		if err != nil {
			return
		}
		if len(clean) > len(raw)+1 { // a list may be padded where the file forgot to
			t.Fatalf("cleaning made %d bytes of %d", len(clean), len(raw))
		}
		again, err := blob.Clean(clean, said, pictures)
		if err != nil || !bytes.Equal(again, clean) {
			t.Fatalf("cleaning the clean one: %v", err)
		}
		if _, _, err := image.Decode(bytes.NewReader(raw)); err != nil {
			return
		}
		if _, _, err := image.Decode(bytes.NewReader(clean)); err != nil {
			t.Fatalf("cleaning broke the picture: %v", err)
		}
	})
}
