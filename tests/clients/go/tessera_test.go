package clients

// Tessera's fsck, as its command runs it: it reads every entry bundle over HTTP, computes every tile and
// the root again, and compares them with what the log serves.

import (
	"context"
	"net/url"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

func bundleHashes(bundle []byte) ([][]byte, error) {
	var parsed api.EntryBundle
	if err := parsed.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(parsed.Entries))
	for _, entry := range parsed.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

func (r *registry) tesseraFsck() error {
	r.t.Helper()
	verifier, err := note.NewVerifier(r.logKey)
	if err != nil {
		r.t.Fatal(err)
	}
	base, err := url.Parse(r.url + "/log/")
	if err != nil {
		r.t.Fatal(err)
	}
	fetcher, err := client.NewHTTPFetcher(base, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return fsck.New(verifier.Name(), verifier, fetcher, bundleHashes, fsck.Opts{N: 4}).Check(context.Background())
}

func TestTesseraFsckFindsNothingWrongAtAnySize(t *testing.T) {
	if err := newClosedRegistry(t).tesseraFsck(); err != nil {
		t.Fatalf("size 1: %v", err)
	}
	r := newRegistry(t)
	for _, size := range sizesToWalk(t) {
		r.growTo(size)
		if err := r.tesseraFsck(); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
	}
}

func TestTesseraFsckRefusesTheKeyOfAnotherLog(t *testing.T) {
	r := newRegistry(t)
	r.logKey = newRegistry(t).logKey
	if err := r.tesseraFsck(); err == nil {
		t.Fatal("a checkpoint was accepted under a key that did not sign it")
	}
}
