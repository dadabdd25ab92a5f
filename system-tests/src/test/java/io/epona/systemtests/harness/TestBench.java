package io.epona.systemtests.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Directories and processes of a test, or of a whole class when registered in a static field. Afterwards nothing is
 * left: no process, no file. A test passes only when its nodes have noted no error but those that it announced.
 */
public final class TestBench implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
    private final List<EponaProcess> nodes = new ArrayList<>();
    private final List<Pattern> expectedErrors = new ArrayList<>();
    private Path root;
    private int directoryCount;
    private boolean isOfClass;

    /** A directory that is not there yet, on a disk. */
    public Path directory() {
        return root.resolve("node-" + directoryCount++);
    }

    /** Settings of a node with small journals in a new directory. */
    public NodeSettings settings() {
        return NodeSettings.small(directory());
    }

    /** Starts a node and waits until it serves. */
    public EponaProcess start(final NodeSettings settings) {
        final EponaProcess node = EponaProcess.launch(settings);
        nodes.add(node);
        return node.awaitReady();
    }

    /** Starts a node without waiting for it. */
    public EponaProcess launch(final NodeSettings settings) {
        final EponaProcess node = EponaProcess.launch(settings);
        nodes.add(node);
        return node;
    }

    /** Runs another command of {@code epona}, without waiting for it. */
    public EponaProcess command(final NodeSettings settings, final String... arguments) {
        final EponaProcess process = EponaProcess.command(settings, arguments);
        nodes.add(process);
        return process;
    }

    /** A line of this form in a node's error log or on its standard error is no failure of the test. */
    public void expectError(final String regex) {
        expectedErrors.add(Pattern.compile(regex));
    }

    @Override
    public void beforeAll(final ExtensionContext context) throws IOException {
        isOfClass = true;
        open(context);
    }

    @Override
    public void beforeEach(final ExtensionContext context) throws IOException {
        if (!isOfClass) {
            open(context);
        }
    }

    @Override
    public void afterEach(final ExtensionContext context) throws IOException {
        if (context.getExecutionException().isPresent()) {
            nodes.stream()
                    .map(EponaProcess::err)
                    .filter(text -> !text.isBlank())
                    .forEach(text -> System.err.println(context.getDisplayName() + ": a node says:\n" + text));
        }
        if (!isOfClass) {
            close();
        }
    }

    @Override
    public void afterAll(final ExtensionContext context) throws IOException {
        if (isOfClass) {
            close();
        }
    }

    private void open(final ExtensionContext context) throws IOException {
        Files.createDirectories(JavaCommand.work());
        final FileStore store = Files.getFileStore(JavaCommand.work());
        assertFalse(store.type().equals("tmpfs"), () -> "system tests need a disk: " + store);
        root = Files.createTempDirectory(
                JavaCommand.work(), context.getRequiredTestClass().getSimpleName() + '-');
    }

    private void close() throws IOException {
        final StringBuilder unexpected = new StringBuilder();
        try {
            for (final EponaProcess node : nodes) {
                unexpected.append(unexpectedErrors(node));
            }
        } finally {
            nodes.forEach(EponaProcess::close);
            nodes.clear();
            expectedErrors.clear();
            directoryCount = 0;
            DiskFiles.deleteTree(root);
        }
        assertEquals("", unexpected.toString(), "a node noted errors that its test did not expect");
    }

    private String unexpectedErrors(final EponaProcess node) {
        final StringBuilder unexpected = new StringBuilder();
        node.errors().stream()
                .filter(this::isUnexpected)
                .forEach(error -> unexpected.append(error).append('\n'));
        node.err()
                .lines()
                .filter(line -> line.contains(" ERROR ") || line.contains(" WARN "))
                .filter(this::isUnexpected)
                .forEach(line -> unexpected.append(line).append('\n'));
        return unexpected.toString();
    }

    private boolean isUnexpected(final String text) {
        return expectedErrors.stream()
                .noneMatch(expected -> expected.matcher(text).find());
    }
}
