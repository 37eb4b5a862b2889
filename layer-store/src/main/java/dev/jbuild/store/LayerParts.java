package dev.jbuild.store;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what is left of each layer while a collection goes on: with the last blob and the last
 * directory go the layer's records, whose bytes come back with it.
 */
final class LayerParts {
  private final Map<DiffId, StoreScan.Found> notes = new HashMap<>();
  private final Map<DiffId, Integer> left = new HashMap<>();
  private final Map<Digest, List<DiffId>> layersOf = new HashMap<>();

  LayerParts(StoreScan scan) {
    for (StoreScan.Found found : scan.found()) {
      if (found.key() instanceof StoreScan.LayerNotes layer) {
        notes.put(layer.diffId(), found);
      }
    }
    scan.layerBlobs()
        .forEach((layer, records) -> {
          for (BlobRecord record : records) {
            layersOf.computeIfAbsent(record.blob().digest(), _ -> new ArrayList<>()).add(layer);
          }
        });
    for (StoreScan.Found found : scan.found()) {
      for (DiffId layer : layers(found)) {
        left.merge(layer, 1, Integer::sum);
      }
    }
  }

  /** The records of layers. */
  List<StoreScan.Found> notes() {
    return List.copyOf(notes.values());
  }

  /** The bytes of the records that are of no use any more now that this is removed. */
  long without(StoreScan.Found removed) {
    long bytes = 0;
    for (DiffId layer : layers(removed)) {
      StoreScan.Found records = notes.get(layer);
      if (left.merge(layer, -1, Integer::sum) == 0 && records != null) {
        bytes += records.bytes();
      }
    }
    return bytes;
  }

  /** The layers that the thing is a form of. */
  private List<DiffId> layers(StoreScan.Found found) {
    return switch (found.kind()) {
      case BLOB -> layersOf.getOrDefault((Digest) found.key(), List.of());
      case UNPACKED_LAYER -> List.of(((StoreScan.Form) found.key()).diffId());
      case SNAPSHOT, UNFINISHED, LAYER_RECORD, RECORD, CACHE_MOUNT -> List.of();
    };
  }
}
