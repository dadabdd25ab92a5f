package io.epona.controller.cluster;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A member in a process of its own, to be killed. It writes a line for all that happens to its standard output, takes
 * lines to submit from its standard input, and ends when that ends.
 */
final class MemberProcess implements AutoCloseable {
    private static final String STARTED = "started";
    private static final String CONNECTED = "connected ";
    private static final String LEADER = "leader ";
    private static final String LINE = "line ";
    private static final String CLOSED = "closed ";

    private static final int FIRST_PORT_ARGUMENT = 4;

    final int nodeId;
    final List<String> lines = new CopyOnWriteArrayList<>();
    final List<Long> sessions = new CopyOnWriteArrayList<>();
    final List<Long> closedSessions = new CopyOnWriteArrayList<>();
    private final Process process;
    private volatile int leaderId = -1;
    private volatile long startedNs;

    private MemberProcess(int nodeId, Process process) {
        this.nodeId = nodeId;
        this.process = process;
        Thread reader = new Thread(this::read, "output of node " + nodeId);
        reader.setDaemon(true);
        reader.start();
    }

    static MemberProcess start(List<CellMember> members, int nodeId, Path root, long sessionTimeoutMs) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx128m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                MemberProcess.class.getName(),
                String.valueOf(nodeId),
                root.toString(),
                members.get(0).basePort() + "-" + ProcessHandle.current().pid(),
                String.valueOf(sessionTimeoutMs)));
        members.forEach(member -> command.add(String.valueOf(member.basePort())));
        try {
            return new MemberProcess(
                    nodeId,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.appendTo(
                                    new File(root.toFile(), "node-" + nodeId + ".err")))
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** When the process had begun to run its own code. */
    long startedNs() {
        return startedNs;
    }

    int leaderId() {
        return leaderId;
    }

    void submit(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL: the process cleans nothing up. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Stops (SIGSTOP) or continues the process. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(pid())).start().waitFor();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("process does not end: nodeId=" + nodeId);
            }
        } catch (IOException | InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError("process not closed: nodeId=" + nodeId, e);
        }
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                if (text.startsWith(CONNECTED)) {
                    sessions.add(Long.valueOf(text.substring(CONNECTED.length())));
                } else if (text.startsWith(LEADER)) {
                    leaderId = Integer.parseInt(text.substring(LEADER.length()));
                } else if (text.startsWith(CLOSED)) {
                    closedSessions.add(Long.valueOf(text.substring(CLOSED.length())));
                } else if (text.startsWith(LINE)) {
                    lines.add(text.substring(LINE.length()));
                } else if (text.equals(STARTED)) {
                    startedNs = System.nanoTime();
                }
            }
        } catch (IOException e) {
            lines.add("output ended: " + e.getMessage()); // a killed process; the test would not expect this line
        }
    }

    /** The process: node id, directory, tag of the driver directories, session timeout, base ports of all members. */
    public static void main(String[] args) throws Exception {
        System.out.println(STARTED);
        int nodeId = Integer.parseInt(args[0]);
        List<CellMember> members = new ArrayList<>();
        for (int i = FIRST_PORT_ARGUMENT; i < args.length; i++) {
            members.add(new CellMember(i - FIRST_PORT_ARGUMENT + 1, "localhost", Integer.parseInt(args[i])));
        }
        ClusterLogConfig config = new ClusterLogConfig(
                nodeId,
                members,
                Path.of(args[1]).resolve("node-" + nodeId),
                "/dev/shm/epona-test-" + args[2] + "-" + nodeId,
                TestCell.timing(Long.parseLong(args[3])),
                ClusterLogSizes.STANDARD);
        try (TestMember member = new TestMember(config)) {
            Thread watcher = new Thread(() -> watch(member), "watcher");
            watcher.setDaemon(true);
            watcher.start();
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                member.submit(line);
            }
        }
    }

    private static void watch(TestMember member) {
        int told = 0;
        int toldSessions = 0;
        int toldClosed = 0;
        int leader = -2;
        while (true) {
            int current = member.log.status().leaderId();
            if (current != leader) {
                leader = current;
                System.out.println(LEADER + leader);
            }
            for (; toldSessions < member.connections.size(); toldSessions++) {
                System.out.println(CONNECTED + member.connections.get(toldSessions));
            }
            for (; told < member.lines.size(); told++) {
                System.out.println(LINE + member.lines.get(told));
            }
            for (; toldClosed < member.closedSessions.size(); toldClosed++) {
                System.out.println(CLOSED + member.closedSessions.get(toldClosed));
            }
            for (Throwable failure : member.failures) {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }
}
