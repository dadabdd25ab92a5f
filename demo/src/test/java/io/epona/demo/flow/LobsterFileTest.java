package io.epona.demo.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LobsterFileTest {
    private static final String GOOD = "34200.00424,1,16113575,18,5853300,1";
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    @TempDir
    private Path directory;

    private Path write(final byte[]... parts) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            bytes.write(part);
        }
        return Files.write(directory.resolve("AAPL_2012-06-21_message.csv"), bytes.toByteArray());
    }

    private static byte[] ascii(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] gzip(final byte[] bytes) throws IOException {
        final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream output = new GZIPOutputStream(compressed)) {
            output.write(bytes);
        }
        return compressed.toByteArray();
    }

    private List<FlowEvent> read(final Path file) throws FlowException {
        try (LobsterFile flow = LobsterFile.open(file)) {
            return Flows.take(flow, Integer.MAX_VALUE);
        }
    }

    private String problem(final byte[]... parts) throws IOException {
        final Path file = write(parts);
        return assertThrows(FlowException.class, () -> read(file)).getMessage();
    }

    @Test
    void shouldReadEveryColumnWhenLineIsWhole() throws Exception {
        final FlowEvent event = read(write(ascii(GOOD + '\n'))).getFirst();
        assertEquals(
                new FlowEvent(34_200_004_240_000L, "AAPL", EventType.NEW_LIMIT_ORDER, 16113575, 18, 5853300, Side.BUY),
                event);
    }

    @Test
    void shouldReadTheSameWhenFileIsCompressed() throws Exception {
        final byte[] text = ascii(GOOD + "\n34200.5,3,16113575,18,5853300,1\n");
        final List<FlowEvent> plain = read(write(text));
        assertEquals(2, plain.size());
        assertEquals(plain, read(write(gzip(text))));
    }

    @Test
    void shouldPassOverMarkReturnsAndEmptyLinesWhenToolsLeftThem() throws Exception {
        final byte[] text = ascii(GOOD + "\r\n\r\n" + GOOD + "\r\n\n" + GOOD);
        assertEquals(3, read(write(BYTE_ORDER_MARK, text)).size());
        assertEquals(3, read(write(gzip(concatenated(BYTE_ORDER_MARK, text)))).size());
    }

    private static byte[] concatenated(final byte[] one, final byte[] other) {
        final byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Test
    void shouldBeAtItsEndWhenFileIsEmpty() throws Exception {
        assertTrue(read(write()).isEmpty());
        assertTrue(read(write(BYTE_ORDER_MARK)).isEmpty());
        try (LobsterFile flow = LobsterFile.open(write(ascii(GOOD)))) {
            flow.next();
            assertNull(flow.next());
            assertNull(flow.next());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "34200,34200000000000",
        "34200.,34200000000000",
        "0.000000001,1",
        "34200.017459617,34200017459617",
        "34245.690000000002,34245690000000",
        "34245.6899999999996,34245690000000",
        "86399.999999999,86399999999999"
    })
    void shouldKeepTimeExactlyWhenItHasAnyNumberOfDigits(final String text, final long expectedNs) throws Exception {
        assertEquals(
                expectedNs, read(write(ascii(text + ",1,1,1,1,1"))).getFirst().exchangeTimeNs());
    }

    @Test
    void shouldReadHaltsAndCrossesWhenTheyHaveNoPrice() throws Exception {
        final List<FlowEvent> events = read(write(ascii("1,7,0,0,-1,-1\n2,7,0,0,1,-1\n3,6,-0,100,-1,1\n")));
        assertEquals(
                List.of(EventType.HALT, EventType.HALT, EventType.CROSS),
                events.stream().map(FlowEvent::type).toList());
        assertEquals(-1, events.getFirst().price());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "34200.1,1,2,3,4|expected 6 columns (time, type, order id, size, price, direction), found 5",
                "34200.1,1,2,3,4,1,|found 7",
                "time,type,id,size,price,direction|time is not seconds after midnight: \"time\"",
                "3.42e4,1,2,3,4,1|time is not seconds after midnight",
                "-1.5,1,2,3,4,1|time is not seconds after midnight",
                "86400,1,2,3,4,1|time is not within a day",
                "999999999999,1,2,3,4,1|time is not within",
                "34200.1,8,2,3,4,1|type is not 1 to 7: \"8\"",
                "34200.1,1,x2,3,4,1|order id is not a whole number: \"x2\"",
                "34200.1,1,-2,3,4,1|order id is not within",
                "34200.1,1,2,3.5,4,1|size is not a whole number: \"3.5\"",
                "34200.1,1,2,3000000000,4,1|size is not within",
                "34200.1,1,2,3,585.33,1|price is not a whole number",
                "34200.1,1,2,3,-1,1|price is not within",
                "34200.1,1,2,3,4,0|direction is neither 1 nor -1: \"0\"",
                "34200.1,1,2,3,4,B|direction is neither 1 nor -1",
            })
    void shouldNameFileLineAndProblemWhenLineIsBad(final String line, final String expected) throws Exception {
        final String problem = problem(ascii(GOOD + '\n' + line + '\n'));
        assertTrue(problem.contains("AAPL_2012-06-21_message.csv:2: "), problem);
        assertTrue(problem.contains(expected), problem);
    }

    @Test
    void shouldNameLineWhenTimeGoesBack() throws Exception {
        final String problem = problem(ascii("2,1,1,1,1,1\n2,1,1,1,1,1\n1,1,1,1,1,1\n"));
        assertTrue(problem.contains(":3: time goes back"), problem);
    }

    @Test
    void shouldRefuseWhenFileIsNoTextAtAll() throws Exception {
        final byte[] zeros = new byte[100_000];
        final String problem = problem(zeros);
        assertTrue(problem.contains(":1: line is longer than"), problem);
        assertTrue(problem.chars().allMatch(c -> c >= ' ' && c < 127), "printable: " + problem);
    }

    @Test
    void shouldNameLineWhenCompressedFileIsCutOff() throws Exception {
        final byte[] whole = gzip(ascii((GOOD + '\n').repeat(1_000)));
        final String problem = problem(Arrays.copyOf(whole, whole.length / 2));
        assertTrue(problem.matches("(?s).*csv:\\d+: cannot be read on: .*"), problem);
    }

    @Test
    void shouldRefuseWhenThereIsNoFile() {
        final Path missing = directory.resolve("AAPL.csv");
        final String problem = assertThrows(FlowException.class, () -> LobsterFile.open(missing))
                .getMessage();
        assertTrue(problem.endsWith("AAPL.csv: there is no such file"), problem);
    }

    @Test
    void shouldRefuseWhenItIsDirectory() throws Exception {
        final Path file = Files.createDirectory(directory.resolve("AAPL"));
        assertThrows(FlowException.class, () -> LobsterFile.open(file));
    }

    @ParameterizedTest
    @CsvSource({"AAPL_2012-06-21_34200000_37800000_message_50.csv.gz,AAPL", "msft.csv,MSFT", "BRK-B_x.csv,BRK-B"})
    void shouldTakeSymbolFromNameWhenItBeginsWithIt(final String name, final String symbol) throws Exception {
        assertEquals(symbol, LobsterFile.symbolOf(Path.of(name)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"_message.csv", "MESSAGESOFTODAY.csv", "Ä.csv", "."})
    void shouldRefuseNameWhenItHoldsNoSymbol(final String name) {
        assertThrows(FlowException.class, () -> LobsterFile.symbolOf(Path.of(name)));
    }
}
