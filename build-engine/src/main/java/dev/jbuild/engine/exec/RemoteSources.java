package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.EngineSettings;
import dev.jbuild.engine.source.GitCredentials;
import dev.jbuild.engine.source.GitRepositories;
import dev.jbuild.engine.source.HttpDownloads;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one build fetches besides images, with the secrets that BuildKit's users give for it. Safe
 * for use by many threads.
 */
final class RemoteSources implements AutoCloseable {
  private final HttpDownloads downloads;
  private final GitRepositories repositories;

  RemoteSources(EngineSettings settings, Store store, BuildRequest request) {
    Map<String, String> environment = settings.registry().environment();
    downloads =
        new HttpDownloads(
            store.directory("cache").resolve("http"),
            host -> authorization(request, host),
            settings.registry());
    repositories =
        new GitRepositories(
            store,
            new GitCredentials(
                new GitCredentials.Secrets() {
                  @Override
                  public Set<String> ids() {
                    return request.secrets().keySet();
                  }

                  @Override
                  public Optional<byte[]> read(String id) throws IOException {
                    return SecretCheck.read(request, id);
                  }
                }),
            environment,
            request.sshAgents().get("default"));
  }

  private static Optional<String> authorization(BuildRequest request, String host)
      throws IOException {
    Optional<byte[]> header = SecretCheck.read(request, "HTTP_AUTH_HEADER_" + host);
    if (header.isPresent()) {
      return Optional.of(new String(header.get(), StandardCharsets.UTF_8).strip());
    }
    return SecretCheck.read(request, "HTTP_AUTH_TOKEN_" + host)
        .map(token -> "Bearer " + new String(token, StandardCharsets.UTF_8).strip());
  }

  HttpDownloads downloads() {
    return downloads;
  }

  GitRepositories repositories() {
    return repositories;
  }

  @Override
  public void close() {
    downloads.close();
    repositories.close();
  }
}
