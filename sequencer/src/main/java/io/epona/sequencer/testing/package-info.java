/** What only simulations hand to a lane: known bugs, to prove that they are found. */
package io.epona.sequencer.testing;
