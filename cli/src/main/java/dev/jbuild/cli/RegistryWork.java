package dev.jbuild.cli;

import dev.jbuild.cli.progress.Progress;
import dev.jbuild.cli.progress.QuietProgress;
import dev.jbuild.engine.image.TransferSteps;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.registry.RegistryClient;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import java.time.Clock;

/**
 * A registry client for one command that moves images without a build, and the display of what
 * moves. Results are printed when it is closed, so that they do not come between the display's
 * lines.
 */
final class RegistryWork implements AutoCloseable {
  private final Progress progress;
  private final RegistryClient client;

  /**
   * Opens no connection.
   *
   * @param work what is being done: {@code pulling}
   * @param quiet whether only failures are shown
   */
  RegistryWork(Session session, RegistryFlags registries, String work, boolean quiet) {
    Console console = session.console();
    RegistryOptions options = registries.options(console.env());
    progress = quiet ? new QuietProgress(console.err()) : BuildCommand.automatic(console, work);
    StepEvents events = new StepEvents(progress, Clock.systemUTC());
    RegistryOptions heard = options.heardBy(new TransferSteps(events));
    client = new RegistryClient(Transports.open(heard), heard, session.store());
  }

  RegistryClient client() {
    return client;
  }

  @Override
  public void close() {
    try (progress) {
      client.close();
    }
  }
}
