package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Compares every tag with the blobs that it reaches. */
final class TagCheck {
  private static final int MAX_DEPTH = 8;

  private final StoreLayout layout;
  private final CheckFindings findings;
  private final Set<Digest> bad;

  /**
   * @param bad blobs that do not hold what their digests say
   */
  TagCheck(StoreLayout layout, CheckFindings findings, Set<Digest> bad) {
    this.layout = layout;
    this.findings = findings;
    this.bad = bad;
  }

  void run() throws IOException {
    List<Descriptor> entries;
    try {
      entries = IndexTags.entries(layout);
    } catch (BuildFailure e) {
      findings.report(
          CheckReport.Severity.LOST,
          "index.json",
          e.text(),
          () -> DurableFiles.replaceAlone(layout, layout.index(), IndexTags.emptyIndex()));
      return;
    }
    for (Descriptor entry : entries) {
      String name = entry.annotation(Descriptor.REF_NAME).orElse(entry.digest().toString());
      List<String> missing = new ArrayList<>();
      reach(entry, missing, new HashSet<>(), 0);
      // Its blobs may be gone because the name is: another process removed both meanwhile.
      if (!missing.isEmpty() && IndexTags.entries(layout).contains(entry)) {
        findings.report(
            CheckReport.Severity.LOST,
            "image \"" + name + "\"",
            String.join("; ", missing),
            () -> IndexTags.remove(layout, entry));
      }
    }
  }

  private void reach(Descriptor here, List<String> missing, Set<Digest> seen, int depth)
      throws IOException {
    if (depth > MAX_DEPTH || !seen.add(here.digest())) {
      return;
    }
    Path file = layout.blob(here.digest());
    long size;
    try {
      size = Files.size(file);
    } catch (NoSuchFileException e) {
      missing.add("blob " + here.digest() + " is missing");
      return;
    }
    if (bad.contains(here.digest())) {
      missing.add("blob " + here.digest() + " is damaged");
      return;
    }
    if (size != here.size()) {
      missing.add("blob " + here.digest() + " has " + size + " bytes, not " + here.size());
      return;
    }
    try {
      if (here.mediaType().isIndex()) {
        for (Descriptor each : ImageIndex.parse(Files.readAllBytes(file)).manifests()) {
          // An index that was pulled may name platforms that were not.
          if (Files.exists(layout.blob(each.digest())) || bad.contains(each.digest())) {
            reach(each, missing, seen, depth + 1);
          }
        }
      } else if (here.mediaType().isManifest()) {
        reachManifest(Manifest.parse(Files.readAllBytes(file)), missing, seen, depth);
      }
    } catch (BuildFailure e) {
      missing.add(e.text());
    }
  }

  private void reachManifest(Manifest manifest, List<String> missing, Set<Digest> seen, int depth)
      throws IOException {
    reach(manifest.config(), missing, seen, depth + 1);
    for (Descriptor layer : manifest.layers()) {
      if (!layer.mediaType().isForeign()) {
        reach(layer, missing, seen, depth + 1);
      }
    }
    if (manifest.config().mediaType().isConfig() && missing.isEmpty()) {
      int diffIds =
          ImageConfig.parse(Files.readAllBytes(layout.blob(manifest.config().digest())))
              .diffIds()
              .size();
      if (diffIds != manifest.layers().size()) {
        missing.add(
            manifest + " has " + manifest.layers().size() + " layers, its config " + diffIds);
      }
    }
  }
}
