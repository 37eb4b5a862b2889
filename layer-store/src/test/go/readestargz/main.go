// Reads an estargz blob with stargz-snapshotter's own library, as a lazy-pulling runtime would, and
// prints what it finds: one line an entry, with the digest of each file's content.
//
// usage: readestargz BLOB TOC-DIGEST
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/opencontainers/go-digest"
)

func main() {
	if err := read(os.Args[1], digest.Digest(os.Args[2])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string, toc digest.Digest) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	reader, err := estargz.Open(io.NewSectionReader(file, 0, info.Size()))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	verifier, err := reader.VerifyTOC(toc)
	if err != nil {
		return fmt.Errorf("verify the table of contents: %w", err)
	}
	root, ok := reader.Lookup("")
	if !ok {
		return fmt.Errorf("there is no root")
	}
	return walk(reader, verifier, root, "")
}

func walk(r *estargz.Reader, v estargz.TOCEntryVerifier, dir *estargz.TOCEntry, path string) error {
	children := map[string]*estargz.TOCEntry{}
	var names []string
	dir.ForeachChild(func(name string, entry *estargz.TOCEntry) bool {
		children[name] = entry
		names = append(names, name)
		return true
	})
	sort.Strings(names)
	for _, name := range names {
		entry, here := children[name], path+name
		if entry.Type == "reg" {
			content, err := readFile(r, v, entry)
			if err != nil {
				return fmt.Errorf("%s: %w", here, err)
			}
			fmt.Printf("%s reg %o %d %x\n", here, entry.Mode, entry.Size, sha256.Sum256(content))
		} else {
			fmt.Printf("%s %s %o %s\n", here, entry.Type, entry.Mode, entry.LinkName)
		}
		if entry.Type == "dir" {
			if err := walk(r, v, entry, here+"/"); err != nil {
				return err
			}
		}
	}
	return nil
}

// readFile reads a file chunk by chunk and checks each as the snapshotter does.
func readFile(r *estargz.Reader, v estargz.TOCEntryVerifier, file *estargz.TOCEntry) ([]byte, error) {
	section, err := r.OpenFile(file.Name)
	if err != nil {
		return nil, err
	}
	content := make([]byte, 0, file.Size)
	for offset := int64(0); offset < file.Size; {
		chunk, ok := r.ChunkEntryForOffset(file.Name, offset)
		if !ok {
			return nil, fmt.Errorf("no chunk at %d", offset)
		}
		size := chunk.ChunkSize
		if size == 0 {
			size = file.Size - chunk.ChunkOffset
		}
		bytes := make([]byte, size)
		if _, err := section.ReadAt(bytes, chunk.ChunkOffset); err != nil && err != io.EOF {
			return nil, fmt.Errorf("chunk at %d: %w", chunk.ChunkOffset, err)
		}
		check, err := v.Verifier(chunk)
		if err != nil {
			return nil, fmt.Errorf("chunk at %d: %w", chunk.ChunkOffset, err)
		}
		if _, err := check.Write(bytes); err != nil {
			return nil, err
		}
		if !check.Verified() {
			return nil, fmt.Errorf("chunk at %d is not what its digest says", chunk.ChunkOffset)
		}
		content = append(content, bytes...)
		offset = chunk.ChunkOffset + size
	}
	return content, nil
}
