/**
 * SSH agents for steps and for git: {@link dev.jbuild.engine.ssh.SshAgent} is what {@code --ssh}
 * names, {@link dev.jbuild.engine.ssh.AgentSocket} is where a step or git meets it. Whatever stands
 * behind a socket, those who connect may list identities and have data signed, and nothing else.
 */
@NullMarked
package dev.jbuild.engine.ssh;

import org.jspecify.annotations.NullMarked;
