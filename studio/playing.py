"""How a slide says that its film starts by itself."""

from __future__ import annotations

from typing import Any

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls

#: What PowerPoint writes for "Start: Automatically". The main sequence begins with the slide (``onBegin`` of node 2), and with it the
#: effect that calls ``playFrom``; on its last frame the film stands still (``fill="hold"``). What PowerPoint adds for "On Click", a second
#: sequence in which a click on the film pauses it, is left out: the film fills the slide, and a click is to go on to the next one.
#: Source: ECMA-376, part 1, 19.5: 19.5.28 cmd, 19.5.29 cMediaNode, 19.5.33 cTn, 19.5.93 video; [MS-OI29500], 2.1.1157.
_TIMING = """
<p:timing {namespaces}><p:tnLst><p:par><p:cTn id="1" dur="indefinite" restart="never" nodeType="tmRoot"><p:childTnLst>
  <p:seq concurrent="1" nextAc="seek">
    <p:cTn id="2" dur="indefinite" nodeType="mainSeq"><p:childTnLst>
      <p:par><p:cTn id="3" fill="hold">
        <p:stCondLst><p:cond delay="indefinite"/><p:cond evt="onBegin" delay="0"><p:tn val="2"/></p:cond></p:stCondLst>
        <p:childTnLst><p:par><p:cTn id="4" fill="hold">
          <p:stCondLst><p:cond delay="0"/></p:stCondLst>
          <p:childTnLst><p:par>
            <p:cTn id="5" presetID="1" presetClass="mediacall" presetSubtype="0" fill="hold" nodeType="afterEffect">
              <p:stCondLst><p:cond delay="0"/></p:stCondLst>
              <p:childTnLst><p:cmd type="call" cmd="playFrom(0.0)"><p:cBhvr>
                <p:cTn id="6" dur="{milliseconds}" fill="hold"/>
                <p:tgtEl><p:spTgt spid="{shape}"/></p:tgtEl>
              </p:cBhvr></p:cmd></p:childTnLst>
            </p:cTn>
          </p:par></p:childTnLst>
        </p:cTn></p:par></p:childTnLst>
      </p:cTn></p:par>
    </p:childTnLst></p:cTn>
    <p:prevCondLst><p:cond evt="onPrev" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:prevCondLst>
    <p:nextCondLst><p:cond evt="onNext" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:nextCondLst>
  </p:seq>
  <p:video><p:cMediaNode vol="80000">
    <p:cTn id="7" fill="hold" display="0"><p:stCondLst><p:cond delay="indefinite"/></p:stCondLst></p:cTn>
    <p:tgtEl><p:spTgt spid="{shape}"/></p:tgtEl>
  </p:cMediaNode></p:video>
</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>
"""


def starts_by_itself(shape: int, seconds: float) -> Any:
    """The ``p:timing`` of a slide on which the film with the id ``shape``, so many seconds long, plays as soon as the slide appears."""
    lines = (line.strip() for line in _TIMING.splitlines())
    return parse_xml("".join(lines).format(namespaces=nsdecls("p"), shape=shape, milliseconds=max(1, round(seconds * 1000))))
