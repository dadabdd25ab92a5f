/** What a run showed: the verdict, the time line, the progress on the console, the HTML page. */
package io.epona.demo.report;
