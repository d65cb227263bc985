package clients

// golang.org/x/mod/sumdb: the signed-note and tlog libraries of the Go checksum database, an
// implementation of notes, inclusion, consistency and tiles that shares nothing with varve.

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads hash tiles over HTTP for tlog. The library names tiles as the checksum database does
// (tile/8/L/N); the C2SP path has no height, as it is always 8.
type tiles struct{ r *registry }

func (reader tiles) Height() int { return 8 }

func (reader tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := "/log/tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		status, content := reader.r.exchange("GET", path, "", nil)
		if status != 200 {
			return nil, fmt.Errorf("%s: HTTP %d", path, status)
		}
		data = append(data, content)
	}
	return data, nil
}

func (reader tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func openNote(t *testing.T, text []byte, vkey string) *note.Note {
	t.Helper()
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatalf("vkey %q: %v", vkey, err)
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		t.Fatalf("note: %v\n%s", err, text)
	}
	return opened
}

func (r *registry) tree() tlog.Tree {
	r.t.Helper()
	opened := openNote(r.t, r.get("/log/checkpoint"), r.logKey)
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		r.t.Fatal(err)
	}
	if checkpoint.Origin != r.origin() {
		r.t.Fatalf("origin %q, not %q", checkpoint.Origin, r.origin())
	}
	if checkpoint.Extension != "" {
		r.t.Fatalf("extension lines, which witnesses refuse: %q", checkpoint.Extension)
	}
	return checkpoint.Tree
}

// entriesOf reads every entry bundle of a tree of this size.
func (r *registry) entriesOf(size int64) [][]byte {
	r.t.Helper()
	var entries [][]byte
	for first := int64(0); first < size; first += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		rest := r.get("/log/" + torchwood.TilePath(tile))
		for len(rest) > 0 {
			entry, after, err := torchwood.ReadTileEntry(rest)
			if err != nil {
				r.t.Fatal(err)
			}
			entries, rest = append(entries, entry), after
		}
	}
	if int64(len(entries)) != size {
		r.t.Fatalf("the bundles hold %d entries, not %d", len(entries), size)
	}
	return entries
}

func TestNoteAndTlogAcceptEveryCheckpointEntryAndProof(t *testing.T) {
	r := newRegistry(t)
	trees := []tlog.Tree{r.tree()}
	for _, size := range sizesToWalk(t) {
		r.growTo(size)
		tree := r.tree()
		reader := tlog.TileHashReader(tree, tiles{r})
		root, err := tlog.TreeHash(tree.N, reader)
		if err != nil {
			t.Fatalf("size %d: the tiles: %v", size, err)
		}
		if root != tree.Hash {
			t.Fatalf("size %d: the tiles give %v, the checkpoint says %v", size, root, tree.Hash)
		}
		for _, older := range trees {
			proof, err := tlog.ProveTree(tree.N, older.N, reader)
			if err != nil {
				t.Fatalf("from %d to %d: %v", older.N, tree.N, err)
			}
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
				t.Fatalf("from %d to %d: %v", older.N, tree.N, err)
			}
		}
		trees = append(trees, tree)
		for index, entry := range r.entriesOf(size) {
			proof, err := tlog.ProveRecord(tree.N, int64(index), reader)
			if err != nil {
				t.Fatalf("size %d, entry %d: %v", size, index, err)
			}
			hash := tlog.RecordHash(entry)
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), hash); err != nil {
				t.Fatalf("size %d, entry %d: %v", size, index, err)
			}
		}
	}
	// An entry is itself a signed note, of the event key.
	for _, entry := range r.entriesOf(r.size()) {
		openNote(t, entry, r.eventKey)
	}
}

func TestAFreshLogHasATileOfEveryWidthUpToItsSizeAndNoMore(t *testing.T) {
	r := newClosedRegistry(t)
	size := r.size()
	var hashes []byte
	for index, entry := range r.entriesOf(size) {
		hash := tlog.RecordHash(entry)
		hashes = append(hashes, hash[:]...)
		if tile := r.get(fmt.Sprintf("/log/tile/0/000.p/%d", index+1)); !bytes.Equal(tile, hashes) {
			t.Fatalf("the tile of width %d does not hold the first hashes", index+1)
		}
	}
	for _, path := range []string{fmt.Sprintf("/log/tile/0/000.p/%d", size+1), "/log/tile/0/000",
		"/log/tile/1/000.p/1"} {
		if status, _ := r.exchange("GET", path, "", nil); status != 404 {
			t.Fatalf("%s must not exist, HTTP %d", path, status)
		}
	}
}
