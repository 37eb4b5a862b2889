package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** The store in a directory; see {@link StoreLayout} for what is where. */
final class DirectoryStore implements Store {
  private static final Pattern PLAIN = Pattern.compile("[a-z][a-z0-9-]*(/[a-z0-9-]+)*");

  private final StoreLayout layout;
  private final Host host;
  private final DirectoryLayers.Shared shared;
  private final StorageCap cap;
  private final LeaseFile lease;
  private final DirectoryBlobStore blobs;
  private final IndexTags tags;
  private final LayerForms forms;
  private final DirectoryLayers layers;
  private final DirectoryLeases leases;
  private final Disposal disposal;
  private final ParkedWorkspaces parked = new ParkedWorkspaces();

  private DirectoryStore(
      StoreLayout layout,
      Host host,
      DirectoryLayers.Shared shared,
      StorageCap cap,
      String purpose) {
    this.layout = layout;
    this.host = host;
    this.shared = shared;
    this.cap = cap;
    lease = LeaseFile.open(layout, purpose);
    blobs = new DirectoryBlobStore(layout, lease, cap);
    tags = new IndexTags(layout, blobs);
    forms = new LayerForms(layout, host, cap);
    layers = new DirectoryLayers(layout, lease, blobs, cap, forms, shared);
    leases = new DirectoryLeases(layout);
    disposal = new Disposal(layout);
  }

  static DirectoryStore open(Path root, String purpose) {
    StoreLayout layout = StoreLayout.open(root);
    try {
      return new DirectoryStore(
          layout,
          Host.probe(layout.root()),
          new DirectoryLayers.Shared(),
          new StorageCap(layout),
          purpose);
    } catch (IOException e) {
      throw DiskFailures.of("open store " + root, e);
    }
  }

  @Override
  public Path root() {
    return layout.root();
  }

  @Override
  public BlobStore blobs() {
    return blobs;
  }

  @Override
  public TagStore tags() {
    return tags;
  }

  @Override
  public LayerStore layers() {
    return layers;
  }

  @Override
  public Lease lease() {
    return lease.lease();
  }

  @Override
  public Leases leases() {
    return leases;
  }

  @Override
  public Workspace workspace() {
    return SnapshotWorkspace.open(layout, lease, disposal);
  }

  @Override
  public void park(String key, Workspace workspace) {
    parked.park(key, workspace);
  }

  @Override
  public Optional<Workspace> unpark(String key) {
    return parked.unpark(key);
  }

  @Override
  public Store fork(String purpose) {
    return new DirectoryStore(layout, host, shared.forked(), cap, purpose);
  }

  @Override
  public StoreUsage usage() {
    try {
      return new Collector(layout).usage();
    } catch (IOException e) {
      throw DiskFailures.of("measure store " + layout.root(), e);
    }
  }

  @Override
  public PruneReport prune(PruneOptions options) {
    try {
      return new Collector(layout).prune(options);
    } catch (IOException e) {
      throw DiskFailures.of("prune store " + layout.root(), e);
    }
  }

  @Override
  public void capAt(long bytes) {
    cap.set(bytes);
  }

  @Override
  public void keepCap() {
    try {
      cap.keep();
    } catch (IOException e) {
      throw DiskFailures.of("prune store " + layout.root(), e);
    }
  }

  @Override
  public CheckReport check(boolean repair) {
    try {
      return new StoreCheck(layout, lease, forms, repair).run();
    } catch (IOException e) {
      throw DiskFailures.of("check store " + layout.root(), e);
    }
  }

  @Override
  public Path directory(String name) {
    if (!PLAIN.matcher(name).matches()) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "\"" + name + "\" is no name for a directory of the store");
    }
    try {
      return Files.createDirectories(layout.root().resolve(name));
    } catch (IOException e) {
      throw DiskFailures.of("make directory " + name + " of the store", e);
    }
  }

  @Override
  public void close() {
    parked.close();
    disposal.close();
    lease.close();
  }
}
