"""Attention: what the heads look at, by several measures, and what they are needed for.

- :mod:`.attend`: the one call behind the page and the command line.
- :mod:`.measures`: the measures by name; :mod:`.rollout` joins layers, :mod:`.values` weighs by
  what is read, :mod:`.gradients` by what an output owes.
- :mod:`.levels`: pieces or words; :mod:`.blocks`: A→B and the like, special pieces hidden.
- :mod:`.edges`: the strongest weights of one head, to be drawn as lines.
- :mod:`.table`: what each head does, in numbers and one word; :mod:`.corpus`: the same over many
  sentences; :mod:`.distances`: which heads look alike.
- :mod:`.targets`: the output that is followed; :mod:`.ablation`: heads switched off;
  :mod:`.ranking`: all heads in order of what they change; :mod:`.leave_one_out`: pieces left out.
- :mod:`.agreement`: whether attention and what counts put pieces in the same order.
"""
