package io.epona.demo.flow;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * A LOBSTER message file, plain or gzip (told by its first bytes), read line by line while it is played. A byte order
 * mark, carriage returns and empty lines are passed over; anything else that is not an event is an error that names the
 * file and the line.
 */
public final class LobsterFile implements OrderFlow {
    /** Longest line read: a longer one is no event, and a file without line ends must not fill the memory. */
    private static final int MAX_LINE_LENGTH = 256;

    private static final int BUFFER_LENGTH = 64 * 1024;
    private static final int GZIP_MAGIC_1 = 0x1f;
    private static final int GZIP_MAGIC_2 = 0x8b;
    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf"; // UTF-8's, read as ISO 8859-1

    private final Path file;
    private final String symbol;
    private final InputStream input;
    private final StringBuilder line = new StringBuilder(MAX_LINE_LENGTH);
    private long lineNumber;
    private long lastTimeNs = Long.MIN_VALUE;

    private LobsterFile(final Path file, final String symbol, final InputStream input) {
        this.file = file;
        this.symbol = symbol;
        this.input = input;
    }

    /**
     * Opens a file; the symbol is what its name begins with, as in {@code AAPL_2012-06-21_34200000_message_50.csv}.
     *
     * @throws FlowException when it cannot be opened, or its name gives no symbol
     */
    public static LobsterFile open(final Path file) throws FlowException {
        final String symbol = symbolOf(file);
        InputStream raw = null;
        try {
            raw = Files.newInputStream(file);
            return new LobsterFile(file, symbol, decompressed(new BufferedInputStream(raw, BUFFER_LENGTH)));
        } catch (final NoSuchFileException ex) {
            throw new FlowException(file + ": there is no such file", ex);
        } catch (final IOException ex) {
            closeQuietly(raw, ex);
            throw new FlowException(file + ": cannot be read: " + reason(ex), ex);
        }
    }

    private static void closeQuietly(final InputStream input, final IOException reason) {
        if (input != null) {
            try {
                input.close();
            } catch (final IOException ex) {
                reason.addSuppressed(ex);
            }
        }
    }

    private static InputStream decompressed(final InputStream input) throws IOException {
        input.mark(2);
        final boolean isGzip = input.read() == GZIP_MAGIC_1 && input.read() == GZIP_MAGIC_2;
        input.reset();
        return isGzip ? new BufferedInputStream(new GZIPInputStream(input, BUFFER_LENGTH), BUFFER_LENGTH) : input;
    }

    /**
     * The symbol that a file name begins with, in capitals.
     *
     * @throws FlowException when there is none, or it is too long
     */
    static String symbolOf(final Path file) throws FlowException {
        final String name = file.getFileName() == null ? "" : file.getFileName().toString();
        int end = 0;
        while (end < name.length() && (Character.isLetterOrDigit(name.charAt(end)) || name.charAt(end) == '-')) {
            end++;
        }
        final String symbol = name.substring(0, end).toUpperCase(Locale.ROOT);
        if (symbol.isEmpty()
                || symbol.length() > FlowEvent.MAX_SYMBOL_LENGTH
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(symbol)) {
            throw new FlowException(file + ": the file's name must begin with the symbol (1 to "
                    + FlowEvent.MAX_SYMBOL_LENGTH + " letters or digits), as in AAPL_2012-06-21_message.csv");
        }
        return symbol;
    }

    /** What the events are of. */
    public String symbol() {
        return symbol;
    }

    @Override
    public FlowEvent next() throws FlowException {
        while (readLine()) {
            if (lineNumber == 1 && line.indexOf(BYTE_ORDER_MARK) == 0) {
                line.delete(0, BYTE_ORDER_MARK.length());
            }
            if (!line.isEmpty()) {
                return parsed(line.toString());
            }
        }
        return null;
    }

    private FlowEvent parsed(final String text) throws FlowException {
        final FlowEvent event;
        try {
            event = LobsterLine.parse(text, symbol);
        } catch (final IllegalArgumentException ex) {
            throw new FlowException(file + ":" + lineNumber + ": " + ex.getMessage(), ex);
        }
        if (event.exchangeTimeNs() < lastTimeNs) {
            throw new FlowException(file + ":" + lineNumber + ": time goes back: " + LobsterLine.shown(text));
        }
        lastTimeNs = event.exchangeTimeNs();
        return event;
    }

    /** Reads a line into {@link #line}, without its end; false at the end of the file. */
    private boolean readLine() throws FlowException {
        line.setLength(0);
        lineNumber++;
        try {
            int value = input.read();
            if (value < 0) {
                return false;
            }
            while (value >= 0 && value != '\n') {
                if (line.length() == MAX_LINE_LENGTH) {
                    throw new FlowException(file + ":" + lineNumber + ": line is longer than " + MAX_LINE_LENGTH
                            + " characters: " + LobsterLine.shown(line.toString()));
                }
                line.append((char) value);
                value = input.read();
            }
        } catch (final IOException ex) {
            throw new FlowException(file + ":" + lineNumber + ": cannot be read on: " + reason(ex), ex);
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        return true;
    }

    private static String reason(final IOException ex) {
        return ex.getMessage() == null ? ex.getClass().getSimpleName() : ex.getMessage();
    }

    @Override
    public void close() throws FlowException {
        try {
            input.close();
        } catch (final IOException ex) {
            throw new FlowException(file + ": cannot be closed: " + reason(ex), ex);
        }
    }
}
