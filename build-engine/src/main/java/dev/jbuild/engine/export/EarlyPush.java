package dev.jbuild.engine.export;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.image.RegistryAccess;
import dev.jbuild.image.ImageNames;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.PushSession;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The pushes of one build, which begin with the first layer that is ready: blobs go out while later
 * steps run, manifests and names only when the build is complete. A build that fails leaves no name
 * behind. Safe for use by many threads.
 */
public final class EarlyPush implements AutoCloseable {
  private final RegistryAccess registry;
  private final BuildRequest request;
  private final ReentrantLock lock = new ReentrantLock();
  private final IdentityHashMap<Output.Push, PushSession> sessions = new IdentityHashMap<>();
  private boolean closed;

  /** Nothing is connected to before a layer is ready. */
  public EarlyPush(RegistryAccess registry, BuildRequest request) {
    this.registry = registry;
    this.request = request;
  }

  /** Starts to send a layer to where the image goes with this compression; returns at once. */
  public void offer(Descriptor blob, Compression compression) {
    for (Output output : request.outputs()) {
      if (output instanceof Output.Push push && push.options().compression().equals(compression)) {
        offer(push, blob);
      }
    }
  }

  /** Starts to send a layer to where this output goes; returns at once. */
  void offer(Output.Push push, Descriptor blob) {
    List<String> names = names(push, request);
    lock.lock();
    try {
      // Without a name the push is refused in its turn.
      if (!closed && !names.isEmpty()) {
        session(push, names).offer(blob);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends what is missing and gives the image its names.
   *
   * @return the names it can be pulled by now
   */
  List<String> finish(Output.Push push, List<String> names, Descriptor image) {
    PushSession session;
    lock.lock();
    try {
      session = session(push, names);
    } finally {
      lock.unlock();
    }
    session.finish(image);
    return parse(names).stream().map(ImageName::familiar).toList();
  }

  /** The complete names an output gives: its own, else those of the build. */
  static List<String> names(Output.Push push, BuildRequest request) {
    String own = push.options().name();
    List<String> names = own == null ? request.tags() : List.of(own.split(","));
    return names.stream().map(ImageNames::complete).toList();
  }

  private PushSession session(Output.Push push, List<String> names) {
    return sessions.computeIfAbsent(push, _ -> registry.client().pusher().begin(parse(names)));
  }

  private static List<ImageName> parse(List<String> names) {
    List<ImageName> parsed = new ArrayList<>();
    names.forEach(name -> parsed.add(ImageName.parse(name)));
    return parsed;
  }

  /** Ends uploads that no image came of. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      sessions.values().forEach(PushSession::close);
    } finally {
      lock.unlock();
    }
  }
}
