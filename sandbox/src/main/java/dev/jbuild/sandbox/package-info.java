/**
 * One process in isolation: what a RUN step may see, use and reach, and how it is started.
 *
 * <p>Vocabulary. A <em>step</em> is one command of a build. Its {@link
 * dev.jbuild.sandbox.RuntimeSpec} is the {@code config.json} of the OCI runtime spec, and the only
 * contract between the engine and a {@link dev.jbuild.sandbox.Launcher}. The <em>rootfs</em> is
 * given as {@link dev.jbuild.sandbox.Rootfs}: an overlay that the launcher mounts inside the step's
 * own mount namespace, or a plain directory. A <em>tier</em> ({@link dev.jbuild.sandbox.Tier}) says
 * which means of the kernel the executor itself was given; {@link dev.jbuild.sandbox.Sandbox}
 * probes it once and names its reason.
 *
 * <p>Life of a step:
 *
 * <pre>{@code
 * StepRequest request =
 *     StepRequest.builder(rootfs, List.of("/bin/sh", "-c", "make"))
 *         .env(List.of("PATH=/usr/bin:/bin"))
 *         .cwd("/src")
 *         .user(ImageUsers.resolve("builder", passwd, group))
 *         .network(NetworkMode.NONE)
 *         .build();
 * try (RunningStep step = launcher.start(request, sink)) {
 *   StepResult result = step.await(); // every process of the step is dead now
 * }
 * }</pre>
 *
 * <p>Policy (capabilities, masked paths, seccomp, mounts) is decided here, in Java; the small C
 * program {@code jbuild-init} carries out a list of primitive operations and knows no policy.
 */
@NullMarked
package dev.jbuild.sandbox;

import org.jspecify.annotations.NullMarked;
