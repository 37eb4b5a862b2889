package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Store;
import java.util.List;

/** Manifests and indexes: from the store, else from a registry and then kept in the store. */
record Documents(Registry registry, Transfer transfer, Store store, Origins origins) {

  Document get(Digest digest, List<RepositoryName> sources) {
    origins.add(digest, sources);
    if (store.blobs().contains(digest)) {
      byte[] bytes = store.blobs().read(digest);
      return Document.parse(Descriptor.of(new MediaType(""), digest, bytes.length), bytes);
    }
    RawManifest[] found = new RawManifest[1];
    transfer.firstOf(sources, source -> found[0] = registry.manifest(source, Reference.of(digest)));
    // Parsed first: what is no manifest does not get into the store.
    Document document = Document.parse(found[0].descriptor(), found[0].bytes());
    store.blobs().put(found[0].descriptor().mediaType(), found[0].bytes());
    return document;
  }
}
