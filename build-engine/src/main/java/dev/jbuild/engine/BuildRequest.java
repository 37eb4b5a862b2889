package dev.jbuild.engine;

import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.auth.CredentialStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything one build needs to know, fixed before it starts. Immutable; made by {@link #builder}.
 *
 * <p>Nothing here is read from the environment: front ends resolve {@code --build-arg NAME} without
 * a value, {@code SOURCE_DATE_EPOCH} and credentials before they make a request.
 */
public final class BuildRequest {
  private final Builder b;

  private BuildRequest(Builder b) {
    this.b = b;
  }

  public static Builder builder(ContextSource context) {
    return new Builder(context);
  }

  public ContextSource context() {
    return b.context;
  }

  public DockerfileSource dockerfile() {
    return b.dockerfile;
  }

  /** The stage to build, by name or number; the last one when absent. */
  public Optional<String> target() {
    return Optional.ofNullable(b.target);
  }

  public Map<String, String> buildArgs() {
    return Collections.unmodifiableMap(b.buildArgs);
  }

  /** {@code --build-context}: replaces a stage or image of that name. */
  public Map<String, ContextSource> namedContexts() {
    return Collections.unmodifiableMap(b.namedContexts);
  }

  /** Target platforms; the host's when empty. */
  public List<Platform> platforms() {
    return List.copyOf(b.platforms);
  }

  /** Names the image gets in the store and in archives, and is pushed to. */
  public List<String> tags() {
    return List.copyOf(b.tags);
  }

  public List<Output> outputs() {
    return List.copyOf(b.outputs);
  }

  public Map<String, String> labels() {
    return Collections.unmodifiableMap(b.labels);
  }

  public Map<String, String> annotations() {
    return Collections.unmodifiableMap(b.annotations);
  }

  public boolean noCache() {
    return b.noCache;
  }

  /** Stages whose RUN, COPY and ADD steps do not use the cache. */
  public Set<String> noCacheFilter() {
    return Collections.unmodifiableSet(b.noCacheFilter);
  }

  /** {@code --cache-from}, in the order in which they are asked. */
  public List<CacheSource> cacheFrom() {
    return List.copyOf(b.cacheFrom);
  }

  /** {@code --cache-to}. */
  public List<CacheTarget> cacheTo() {
    return List.copyOf(b.cacheTo);
  }

  /** Ask the registry for every base image even when the store holds one of that name. */
  public boolean pull() {
    return b.pull;
  }

  /** Ask registries whether they take the image before the first step runs; true by default. */
  public boolean pushCheck() {
    return b.pushCheck;
  }

  /** {@code --secret}, by id. */
  public Map<String, SecretSource> secrets() {
    return Collections.unmodifiableMap(b.secrets);
  }

  /** {@code --ssh}: agents, by id. */
  public Map<String, SshAgent> sshAgents() {
    return Collections.unmodifiableMap(b.sshAgents);
  }

  /**
   * Keep what a failed RUN left, for a shell in it; false by default, as it costs reading what the
   * step wrote.
   */
  public boolean keepFailed() {
    return b.keepFailed;
  }

  /** Who asked for the build is to registries; before the credentials of the engine's own user. */
  public CredentialStore credentials() {
    return b.credentials;
  }

  public ExecutionOptions execution() {
    return b.execution;
  }

  /** Unix seconds to which times in the image are clamped, if the build is to be reproducible. */
  public Optional<Long> sourceDateEpoch() {
    return Optional.ofNullable(b.sourceDateEpoch);
  }

  /** The same as an instant: no file of a new layer, and no history entry of ours, is later. */
  public Optional<Instant> latestTime() {
    return sourceDateEpoch().map(Instant::ofEpochSecond);
  }

  /** Collects a request; not safe for use by several threads. */
  public static final class Builder {
    private final ContextSource context;
    private DockerfileSource dockerfile = new DockerfileSource.InContext("Dockerfile");
    private @Nullable String target;
    private final Map<String, String> buildArgs = new LinkedHashMap<>();
    private final Map<String, ContextSource> namedContexts = new LinkedHashMap<>();
    private final List<Platform> platforms = new ArrayList<>();
    private final List<String> tags = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final Map<String, SecretSource> secrets = new LinkedHashMap<>();
    private final Map<String, SshAgent> sshAgents = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private boolean noCache;
    private final Set<String> noCacheFilter = new LinkedHashSet<>();
    private final List<CacheSource> cacheFrom = new ArrayList<>();
    private final List<CacheTarget> cacheTo = new ArrayList<>();
    private boolean pull;
    private boolean pushCheck = true;
    private boolean keepFailed;
    private CredentialStore credentials = CredentialStore.anonymous();
    private ExecutionOptions execution = ExecutionOptions.DEFAULT;
    private @Nullable Long sourceDateEpoch;

    private Builder(ContextSource context) {
      this.context = context;
    }

    public Builder dockerfile(DockerfileSource source) {
      dockerfile = source;
      return this;
    }

    public Builder target(@Nullable String stage) {
      target = stage;
      return this;
    }

    public Builder buildArg(String name, String value) {
      buildArgs.put(name, value);
      return this;
    }

    public Builder namedContext(String name, ContextSource source) {
      namedContexts.put(name, source);
      return this;
    }

    public Builder platform(Platform platform) {
      platforms.add(platform);
      return this;
    }

    public Builder tag(String name) {
      tags.add(name);
      return this;
    }

    public Builder output(Output output) {
      outputs.add(output);
      return this;
    }

    public Builder label(String name, String value) {
      labels.put(name, value);
      return this;
    }

    public Builder annotation(String name, String value) {
      annotations.put(name, value);
      return this;
    }

    public Builder secret(String id, SecretSource source) {
      secrets.put(id, source);
      return this;
    }

    public Builder sshAgent(String id, SshAgent agent) {
      sshAgents.put(id, agent);
      return this;
    }

    public Builder noCache(boolean value) {
      noCache = value;
      return this;
    }

    public Builder noCacheFilter(String stage) {
      noCacheFilter.add(stage);
      return this;
    }

    public Builder cacheFrom(CacheSource source) {
      cacheFrom.add(source);
      return this;
    }

    public Builder cacheTo(CacheTarget target) {
      cacheTo.add(target);
      return this;
    }

    public Builder pull(boolean value) {
      pull = value;
      return this;
    }

    public Builder pushCheck(boolean value) {
      pushCheck = value;
      return this;
    }

    public Builder keepFailed(boolean value) {
      keepFailed = value;
      return this;
    }

    public Builder credentials(CredentialStore store) {
      credentials = store;
      return this;
    }

    public Builder execution(ExecutionOptions options) {
      execution = options;
      return this;
    }

    public Builder sourceDateEpoch(@Nullable Long seconds) {
      sourceDateEpoch = seconds;
      return this;
    }

    /** The request; the builder must not be used afterwards. */
    public BuildRequest build() {
      return new BuildRequest(this);
    }
  }
}
