"""The clinical terms that celltrial knows by a code: code, English names, Chinese names.

One row is one meaning; the first name of a language is the one shown, the others are synonyms that a site or a protocol
may write. Only true synonyms share a row: a wider word ("infection") and a narrower one ("sepsis") have their own.
Names are those in general use. Where a word has a definition, it is that of: Lee 2019 (CRS, ICANS; ASTCT), Hines 2023
(IEC-HS), Rejeski 2023 (ICAHT), CTCAE 5.0 (blood counts and laboratory), FDA 2020 (classes of delayed events), the
consultation text of the CDE of 2020, 2.2.2.2 (attributes of a batch) and 3.1-b, 3.1-c (questions and tests of follow-up),
IMWG 2016, Lugano 2014, RECIST 1.1 (response), Chinese Pharmacopoeia 2020, 1101, 1143, 3301 (release tests).
Synonyms are general knowledge; a row of which a native reader in the field doubts a name is to be changed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from celltrial.core.ctcae_terms_data import CTCAE_TERMS

#: code, English names, Chinese names; names divided by "|".
Row = tuple[str, str, str]

_ADVERSE_EVENTS: Final[tuple[Row, ...]] = (
    ("crs", "Cytokine release syndrome|CRS|cytokine storm", "细胞因子释放综合征|细胞因子释放综合症|细胞因子风暴"),
    ("local_crs", "Local cytokine release syndrome|L-CRS|local CRS", "局部细胞因子释放综合征|局部CRS"),
    (
        "icans",
        "Immune effector cell-associated neurotoxicity syndrome|ICANS|immune effector cell associated neurotoxicity",
        "免疫效应细胞相关神经毒性综合征|免疫效应细胞相关神经毒性综合症|免疫效应细胞相关神经毒性",
    ),
    ("neurotoxicity", "Neurotoxicity|neurological toxicity|neurologic toxicity", "神经毒性|神经系统毒性"),
    (
        "cres",
        "CAR T-cell-related encephalopathy syndrome|CRES|CAR-related encephalopathy syndrome",
        "CAR-T细胞相关脑病综合征|CAR-T相关脑病综合征",
    ),
    (
        "iec_hs",
        (
            "Immune effector cell-associated haemophagocytic lymphohistiocytosis-like syndrome|IEC-HS|HLH|MAS|HLH/MAS|CAR-HLH"
            "|haemophagocytic lymphohistiocytosis|hemophagocytic lymphohistiocytosis|macrophage activation syndrome"
            "|immune effector cell-associated hemophagocytic lymphohistiocytosis-like syndrome"
            "|immune effector cell associated HLH-like syndrome"
        ),
        (
            "免疫效应细胞相关噬血细胞性淋巴组织细胞增多症样综合征|免疫效应细胞相关噬血细胞综合征|噬血细胞性淋巴组织细胞增多症"
            "|噬血细胞性淋巴组织细胞增生症|噬血细胞综合征|嗜血细胞综合征|巨噬细胞活化综合征"
        ),
    ),
    (
        "icaht",
        "Immune effector cell-associated haematotoxicity|ICAHT|immune effector cell-associated hematotoxicity",
        "免疫效应细胞相关血液学毒性|免疫效应细胞相关血液毒性",
    ),
    ("cytopenia", "Cytopenia|cytopenias", "血细胞减少|血细胞减少症"),
    ("prolonged_cytopenia", "Prolonged cytopenia|persistent cytopenia", "持续性血细胞减少|长期血细胞减少"),
    (
        "neutropenia",
        "Neutropenia|neutrophil count decreased|neutrophil decreased|ANC decreased",
        "中性粒细胞减少|中性粒细胞减少症|中性粒细胞计数降低",
    ),
    (
        "febrile_neutropenia",
        "Febrile neutropenia|neutropenic fever",
        "发热性中性粒细胞减少|发热性中性粒细胞减少症|中性粒细胞减少性发热|粒缺伴发热",
    ),
    (
        "thrombocytopenia",
        "Thrombocytopenia|platelet count decreased|platelets decreased",
        "血小板减少|血小板减少症|血小板计数降低",
    ),
    ("anaemia", "Anaemia|anemia|haemoglobin decreased|hemoglobin decreased", "贫血|血红蛋白降低"),
    ("lymphopenia", "Lymphopenia|lymphocyte count decreased", "淋巴细胞减少|淋巴细胞减少症|淋巴细胞计数降低"),
    ("leukopenia", "Leukopenia|leucopenia|white blood cell decreased", "白细胞减少|白细胞减少症|白细胞计数降低"),
    (
        "marrow_failure",
        "Bone marrow failure|marrow aplasia|aplastic anaemia|aplastic anemia",
        "骨髓造血衰竭|再生障碍性贫血",
    ),
    ("b_cell_aplasia", "B-cell aplasia|B cell depletion", "B细胞缺乏|B细胞再生障碍|B细胞耗竭"),
    (
        "hypogammaglobulinaemia",
        "Hypogammaglobulinaemia|hypogammaglobulinemia|low IgG",
        "低丙种球蛋白血症|低免疫球蛋白血症|丙种球蛋白减少",
    ),
    ("infection", "Infection|infections", "感染"),
    ("serious_infection", "Serious infection|severe infection", "严重感染|重度感染"),
    ("sepsis", "Sepsis", "脓毒症|败血症"),
    (
        "hepatitis_b_reactivation",
        "Hepatitis B reactivation|HBV reactivation|hepatitis B flare",
        "乙型肝炎再激活|乙肝再激活|HBV再激活|乙肝病毒再激活",
    ),
    ("hepatitis_flare", "Hepatitis flare", "肝炎发作|肝炎急性加重"),
    ("cmv_reactivation", "CMV reactivation|cytomegalovirus reactivation", "巨细胞病毒再激活|CMV再激活"),
    ("ebv_reactivation", "EBV reactivation|Epstein-Barr virus reactivation", "EB病毒再激活|EBV再激活"),
    ("hhv6_reactivation", "HHV-6 reactivation|human herpesvirus 6 reactivation", "人类疱疹病毒6型再激活|HHV-6再激活"),
    ("pml", "Progressive multifocal leukoencephalopathy|PML", "进行性多灶性白质脑病"),
    ("pneumocystis_pneumonia", "Pneumocystis pneumonia|PJP|PCP", "肺孢子菌肺炎|卡氏肺孢子虫肺炎"),
    ("invasive_fungal_infection", "Invasive fungal infection|IFI", "侵袭性真菌感染|侵袭性真菌病"),
    ("tumour_lysis", "Tumour lysis syndrome|tumor lysis syndrome|TLS", "肿瘤溶解综合征|肿瘤溶解综合症"),
    ("gvhd", "Graft-versus-host disease|GVHD|graft versus host disease", "移植物抗宿主病"),
    ("acute_gvhd", "Acute graft-versus-host disease|acute GVHD|aGVHD", "急性移植物抗宿主病|急性GVHD"),
    ("chronic_gvhd", "Chronic graft-versus-host disease|chronic GVHD|cGVHD", "慢性移植物抗宿主病|慢性GVHD"),
    ("rejection", "Graft rejection|host rejection|host-versus-graft reaction", "移植物排斥|排斥反应|宿主抗移植物反应"),
    (
        "infusion_reaction",
        "Infusion-related reaction|infusion reaction|infusion related reactions",
        "输注相关反应|输注反应|回输反应|输液反应|输液相关反应",
    ),
    ("hypersensitivity", "Hypersensitivity|allergic reaction", "超敏反应|过敏反应"),
    ("anaphylaxis", "Anaphylaxis|anaphylactic reaction", "速发过敏反应|严重过敏反应|全身性过敏反应"),
    ("cryoprotectant_reaction", "Cryoprotectant reaction|DMSO toxicity|DMSO reaction", "冻存剂反应|DMSO毒性"),
    (
        "on_target_off_tumour",
        "On-target off-tumour toxicity|on-target off-tumor toxicity|on-target/off-tumor|OTOT",
        "在靶脱瘤毒性|靶向脱瘤毒性|靶向非肿瘤毒性|靶向脱瘤效应",
    ),
    ("off_target", "Off-target toxicity|off-target organ toxicity|cross-reactivity", "脱靶毒性|脱靶效应|交叉反应"),
    (
        "movement_neurocognitive",
        "Movement and neurocognitive adverse event|movement and neurocognitive treatment-emergent adverse event|MNT",
        "运动和神经认知不良事件|运动和神经认知相关不良事件",
    ),
    ("parkinsonism", "Parkinsonism", "帕金森综合征|帕金森样症状"),
    ("delayed_neurotoxicity", "Delayed neurotoxicity|late neurotoxicity", "迟发性神经毒性"),
    ("guillain_barre", "Guillain-Barré syndrome|Guillain-Barre syndrome|GBS", "吉兰-巴雷综合征|格林-巴利综合征"),
    ("cranial_nerve_palsy", "Cranial nerve palsy", "颅神经麻痹|脑神经麻痹"),
    ("facial_paralysis", "Facial paralysis|facial palsy|Bell's palsy", "面神经麻痹|面瘫"),
    (
        "tumour_inflammation_neurotoxicity",
        "Tumour inflammation-associated neurotoxicity|tumor inflammation-associated neurotoxicity|TIAN",
        "肿瘤炎症相关神经毒性",
    ),
    ("cerebral_oedema", "Cerebral oedema|cerebral edema|brain oedema|brain edema", "脑水肿"),
    (
        "raised_intracranial_pressure",
        "Raised intracranial pressure|intracranial hypertension",
        "颅内压升高|颅高压|颅内高压",
    ),
    ("seizure", "Seizure|convulsion", "癫痫发作|抽搐|惊厥"),
    (
        "second_malignancy",
        (
            "Second malignancy|second primary malignancy|secondary malignancy|new malignancy|subsequent malignancy"
            "|second primary malignancies|second cancer|SPM"
        ),
        "第二原发恶性肿瘤|第二肿瘤|继发性恶性肿瘤|继发恶性肿瘤|新发恶性肿瘤|继发肿瘤|新发或继发癌症",
    ),
    (
        "t_cell_malignancy",
        "T-cell malignancy|secondary T-cell malignancy|CAR-positive T-cell lymphoma",
        "T细胞恶性肿瘤|继发T细胞恶性肿瘤|CAR阳性T细胞淋巴瘤",
    ),
    ("insertional_oncogenesis", "Insertional oncogenesis|insertional mutagenesis", "插入致癌|插入突变"),
    ("myelodysplastic_syndrome", "Myelodysplastic syndrome|MDS|therapy-related MDS", "骨髓增生异常综合征|治疗相关MDS"),
    ("rcl", "Replication-competent lentivirus|RCL", "复制型慢病毒|可复制型慢病毒"),
    ("rcr", "Replication-competent retrovirus|RCR", "复制型逆转录病毒|可复制型逆转录病毒"),
    ("capillary_leak", "Capillary leak syndrome|CLS", "毛细血管渗漏综合征|毛细血管渗漏"),
    ("coagulopathy", "Coagulopathy|coagulation disorder", "凝血功能异常|凝血障碍|凝血病"),
    ("dic", "Disseminated intravascular coagulation|DIC", "弥散性血管内凝血|弥漫性血管内凝血"),
    (
        "hypofibrinogenaemia",
        "Hypofibrinogenaemia|hypofibrinogenemia|fibrinogen decreased",
        "低纤维蛋白原血症|纤维蛋白原降低",
    ),
    ("cardiac_toxicity", "Cardiac toxicity|cardiotoxicity|cardiac disorder", "心脏毒性|心脏疾病"),
    ("arrhythmia", "Arrhythmia|cardiac arrhythmia", "心律失常"),
    ("myocarditis", "Myocarditis", "心肌炎"),
    ("hepatotoxicity", "Hepatotoxicity|liver toxicity", "肝毒性|肝功能异常"),
    (
        "alt_increased",
        "Alanine aminotransferase increased|ALT increased",
        "丙氨酸氨基转移酶升高|谷丙转氨酶升高|ALT升高",
    ),
    (
        "ast_increased",
        "Aspartate aminotransferase increased|AST increased",
        "天门冬氨酸氨基转移酶升高|天冬氨酸氨基转移酶升高|谷草转氨酶升高|AST升高",
    ),
    ("bilirubin_increased", "Blood bilirubin increased|bilirubin increased", "血胆红素升高|胆红素升高"),
    ("creatinine_increased", "Creatinine increased|blood creatinine increased", "肌酐升高|血肌酐升高"),
    ("acute_kidney_injury", "Acute kidney injury|AKI", "急性肾损伤"),
    ("renal_failure", "Renal failure|kidney failure", "肾功能衰竭|肾衰竭"),
    (
        "autoimmune_disorder",
        "Autoimmune disorder|autoimmune reaction|autoimmune disease",
        "自身免疫性疾病|自身免疫反应|自身免疫病",
    ),
    (
        "melanocyte_autoimmunity",
        "Autoimmune reaction to melanocytes|melanocyte autoimmunity",
        "针对黑色素细胞的自身免疫反应",
    ),
    ("vitiligo", "Vitiligo", "白癜风"),
    ("uveitis", "Uveitis", "葡萄膜炎"),
    ("stroke", "Stroke|cerebrovascular accident", "卒中|脑卒中|脑血管意外"),
    ("thromboembolism", "Thromboembolism|thromboembolic event", "血栓栓塞|血栓栓塞事件"),
    (
        "surgical_complication",
        "Complication of resection|surgical complication|complication of surgery",
        "切除术并发症|手术并发症",
    ),
    ("injection_site_reaction", "Injection site reaction", "注射部位反应"),
    ("rash", "Rash|skin rash", "皮疹"),
    ("nail_disorder", "Nail disorder|nail changes", "指甲改变|甲病"),
    ("dysgeusia", "Dysgeusia|taste disorder", "味觉障碍"),
    ("gastritis", "Gastritis", "胃炎"),
    ("gastric_mucosal_injury", "Gastric mucosal injury", "胃黏膜损伤|胃粘膜损伤"),
    ("pleural_effusion", "Pleural effusion", "胸腔积液"),
    ("pericardial_effusion", "Pericardial effusion", "心包积液"),
    ("pyrexia", "Pyrexia|fever", "发热|发烧"),
    ("hypotension", "Hypotension", "低血压"),
    ("hypoxia", "Hypoxia", "缺氧|低氧|低氧血症"),
    ("fatigue", "Fatigue", "乏力|疲劳"),
    ("death", "Death|fatal outcome", "死亡"),
    ("growth_retardation", "Growth retardation", "生长发育迟缓|生长迟缓"),
    ("delayed_puberty", "Delayed puberty", "青春期延迟"),
    ("pregnancy", "Pregnancy", "妊娠|怀孕"),
    ("immunogenicity", "Immunogenicity|anti-drug antibody|anti-CAR antibody", "免疫原性|抗药抗体|抗CAR抗体"),
    ("apheresis_complication", "Apheresis complication|leukapheresis complication", "单采并发症"),
    ("hypocalcaemia", "Hypocalcaemia|hypocalcemia|citrate reaction", "低钙血症|枸橼酸盐反应"),
)

_FOLLOW_UP_ITEMS: Final[tuple[Row, ...]] = (
    (
        "survival",
        "Survival|survival status|vital status|overall survival",
        "生存|生存情况|生存状态|存活情况|生存随访",
    ),
    (
        "new_malignancy",
        (
            "New malignancy|secondary malignancy|second malignancy|second primary malignancy|new or secondary malignancy"
            "|new or secondary cancer|new or secondary cancers"
        ),
        "新发肿瘤|新发恶性肿瘤|继发恶性肿瘤|继发性恶性肿瘤|继发肿瘤|第二肿瘤|新发或继发癌症|新发或继发肿瘤",
    ),
    ("infection", "Infection|infections", "感染|感染情况"),
    (
        "immune_function",
        "Immune function|immune reconstitution|immune recovery|changes in immune function",
        "免疫功能|免疫功能变化|免疫功能改变|免疫重建",
    ),
    (
        "delayed_reaction",
        (
            "Delayed reaction|delayed adverse reaction|delayed adverse event|delayed event|late effects|late toxicity"
            "|late reaction|delayed toxicity|delayed adverse reactions|delayed adverse events"
        ),
        "迟发性不良反应|迟发性不良事件|迟发不良反应|延迟性不良反应|延迟不良反应|迟发反应|远期毒性|迟发毒性",
    ),
    (
        "persistence",
        "Persistence of cells|cell persistence|persistence|transgene persistence|vector persistence",
        "产品持续存在|细胞存续|体内持续存在时间|载体持续存在|持久性|细胞持久性",
    ),
    (
        "transgene_expression",
        "Transgene expression|duration of transgene expression",
        "转基因表达|转基因表达时间|外源基因表达|外源基因表达时间",
    ),
    ("tumorigenicity", "Tumorigenicity|tumourigenicity|oncogenicity", "致瘤性|成瘤性"),
    ("integration_site", "Integration site|insertion site analysis|clonality", "整合位点|插入位点|克隆性"),
    ("immunogenicity", "Immunogenicity|anti-CAR antibody|anti-drug antibody", "免疫原性|抗CAR抗体|抗药抗体"),
    (
        "replication_competent_virus",
        "Replication-competent virus|RCL|RCR|replication-competent lentivirus|replication-competent retrovirus",
        "复制型病毒|复制型慢病毒|复制型逆转录病毒|可复制型病毒",
    ),
    (
        "neurologic_disorder",
        "Neurologic disorder|neurological disorder|new or worsening neurologic disorder",
        "神经系统疾病|新发神经系统疾病|神经系统异常",
    ),
    (
        "autoimmune_disorder",
        "Autoimmune disorder|rheumatologic or autoimmune disorder|rheumatologic or other autoimmune disorder",
        "自身免疫性疾病|风湿免疫病|自身免疫病",
    ),
    (
        "haematologic_disorder",
        "Haematologic disorder|hematologic disorder|haematological disorder|hematological disorder",
        "血液系统疾病|血液学异常|血液学疾病",
    ),
    ("pregnancy", "Pregnancy|pregnancy and fertility|pregnancy outcome|fertility", "妊娠|生育情况|妊娠结局|妊娠及生育"),
    ("gvhd", "Graft-versus-host disease|GVHD", "移植物抗宿主病"),
    (
        "growth",
        "Growth and development|growth|growth and puberty|sexual maturation",
        "生长发育|生长和发育|青春期发育|性成熟",
    ),
    ("disease_status", "Disease status|relapse or progression|response", "疾病状态|复发或进展|疗效"),
    (
        "new_therapy",
        "New anticancer therapy|new anti-cancer therapy|subsequent therapy|new therapy",
        "新的抗肿瘤治疗|后续治疗|后续抗肿瘤治疗",
    ),
    ("quality_of_life", "Quality of life", "生活质量|生存质量"),
    (
        "hospitalisation",
        "Hospitalisation|hospitalization|unexpected illness or hospitalisation",
        "住院|非预期疾病或住院",
    ),
)

_ATTRIBUTES: Final[tuple[Row, ...]] = (
    (
        "viability",
        "Viability|cell viability|viable cell share",
        "细胞活率|活率|细胞活力|细胞存活率|活细胞率|活细胞比例",
    ),
    (
        "transduction_efficiency",
        (
            "Transduction efficiency|CAR positivity|% CAR+|CAR+%|CAR expression|CAR-positive share|share of CAR-positive cells"
            "|TCR positivity|TCR expression|transfection efficiency|vector-positive share|share of vector-positive cells"
        ),
        "转导效率|转导率|CAR阳性率|CAR表达率|TCR阳性率|转染效率|载体阳性细胞比例|CAR阳性细胞比例",
    ),
    (
        "vector_copy_number",
        "Vector copy number|VCN|average vector copy number|vector copies per cell|average vector copies per cell",
        "载体拷贝数|平均载体拷贝数|每细胞载体拷贝数",
    ),
    ("potency", "Potency|biological activity", "效价|效力|生物学活性|生物学效力"),
    ("cytotoxicity", "Cytotoxicity|cytotoxic activity|killing assay", "杀伤活性|细胞毒活性|体外杀伤"),
    (
        "interferon_release",
        "Interferon release|interferon gamma release|IFN-gamma release|IFN-γ release",
        "干扰素释放|干扰素γ释放|IFN-γ释放",
    ),
    ("cell_source", "Cell type and source|cell source", "细胞类型和来源|细胞来源"),
    ("cell_subsets", "Cell subsets|cell composition|subset composition", "细胞亚群|细胞组成|亚群比例"),
    ("cd4_cd8_ratio", "CD4 to CD8 ratio|CD4/CD8 ratio|CD4:CD8", "CD4/CD8比值|CD4与CD8比值|CD4/CD8比例"),
    ("memory_phenotype", "Memory phenotype", "记忆表型"),
    (
        "vector_positive_ratio",
        "Ratio of vector-positive to other cells|ratio of CAR-positive to CAR-negative cells",
        "载体阳性细胞与其他细胞的比例|CAR阳性与CAR阴性细胞比例",
    ),
    ("purity", "Purity", "纯度|细胞纯度"),
    ("cd3_share", "CD3 content|CD3 share|CD3+|T-cell purity", "CD3阳性率|CD3纯度|T细胞纯度|CD3含量"),
    ("cd3_cd56_share", "CD3 and CD56 share|CD3 CD56 share|CD3+CD56+", "CD3和CD56阳性率|CD3和CD56比例"),
    ("viable_cells", "Viable cells|total viable cells|viable cell count", "活细胞数|活细胞总数"),
    ("total_cells", "Total cells|cell count|total cell count", "细胞总数|细胞数|细胞计数"),
    ("total_nucleated_cells", "Total nucleated cells|TNC", "有核细胞总数|有核细胞数"),
    (
        "car_positive_viable_cells",
        "CAR-positive viable T cells|CAR-positive viable cells",
        "CAR阳性活细胞|CAR阳性活T细胞",
    ),
    ("exhaustion", "Exhaustion markers|exhaustion phenotype", "耗竭标志物|耗竭表型"),
    ("secreted_factor", "Secreted factor|secreted factor level", "分泌因子|分泌因子水平|分泌蛋白水平"),
    ("editing_efficiency", "Editing efficiency|knock-out efficiency|knockout efficiency", "编辑效率|敲除效率"),
    ("hla", "HLA type|HLA match|HLA typing", "HLA分型|HLA配型"),
    ("antigen_expression", "Target antigen expression|antigen expression|H-score", "靶抗原表达|抗原表达率"),
    ("cd54_upregulation", "CD54 upregulation|CD54 upregulation ratio", "CD54上调|CD54上调比值"),
)

_RELEASE_TESTS: Final[tuple[Row, ...]] = (
    ("identity", "Identity|identity test|CAR identity|transgene identity", "鉴别|鉴别试验|鉴别检测|身份鉴别"),
    ("appearance", "Appearance|visible particles", "外观|性状|可见异物"),
    *(row for row in _ATTRIBUTES if row[0] not in {"cell_source", "hla", "antigen_expression", "secreted_factor"}),
    (
        "rcl",
        "Replication-competent lentivirus|RCL|replication competent lentivirus test",
        "复制型慢病毒|可复制型慢病毒|RCL检测|复制型慢病毒检测",
    ),
    (
        "rcr",
        "Replication-competent retrovirus|RCR|replication competent retrovirus test",
        "复制型逆转录病毒|可复制型逆转录病毒|RCR检测|复制型逆转录病毒检测",
    ),
    ("sterility", "Sterility|sterility test|bacterial and fungal sterility", "无菌|无菌检查|无菌试验"),
    (
        "rapid_sterility",
        "Rapid sterility|rapid sterility test|rapid microbial test",
        "快速无菌|快速无菌检查|快速微生物检测",
    ),
    ("gram_stain", "Gram stain|Gram staining", "革兰染色|革兰氏染色"),
    ("endotoxin", "Endotoxin|bacterial endotoxin|bacterial endotoxins|LAL", "内毒素|细菌内毒素|细菌内毒素检查"),
    ("mycoplasma", "Mycoplasma|mycoplasma test", "支原体|支原体检查"),
    ("residual_cd3", "Residual CD3|residual T cells|residual CD3+", "CD3残留|残留T细胞|残留CD3"),
    (
        "residual_tumour_cells",
        "Residual tumour cells|residual tumor cells|tumour cell residual",
        "残留肿瘤细胞|肿瘤细胞残留",
    ),
    ("residual_b_cells", "Residual B cells|CD19+ residual", "残留B细胞|B细胞残留"),
    ("residual_beads", "Residual beads|magnetic bead residual", "残留磁珠|磁珠残留"),
    ("residual_feeder_cells", "Residual feeder cells", "残留饲养细胞|饲养细胞残留"),
    ("residual_transposase", "Residual transposase", "残留转座酶|转座酶残留"),
    ("residual_plasmid", "Residual plasmid", "残留质粒|质粒残留"),
    ("residual_tcr", "Residual TCR-positive cells|residual TCRab+", "残留TCR阳性细胞|TCR阳性残留"),
    ("off_target_editing", "Off-target editing", "脱靶编辑|脱靶率"),
    ("translocation", "Translocation|chromosomal translocation", "易位|染色体易位"),
    ("adventitious_agents", "Adventitious agents|adventitious virus", "外源因子|外源病毒"),
    (
        "donor_infectious_markers",
        "Donor infectious markers|infectious markers of the donor|donor infectious disease testing",
        "供者传染病标志物|供者传染病筛查",
    ),
    ("process_impurities", "Process impurities|process-related impurities", "工艺相关杂质|残留杂质"),
    ("p24", "p24", "p24抗原"),
    ("vsv_g", "VSV-G|VSV-G DNA", "VSV-G检测"),
    ("post_thaw_recovery", "Post-thaw recovery|recovery after thaw", "复苏后回收率|冻融后回收率"),
    ("stability", "Stability|shelf life", "稳定性|保存期限"),
    ("dc_maturation", "Dendritic-cell maturation|DC maturation", "DC成熟度|树突状细胞成熟度"),
    ("karyotype", "Karyotype|G-banding", "核型|染色体核型"),
)

_ASSAYS: Final[tuple[Row, ...]] = (
    ("qpcr", "qPCR|quantitative PCR|real-time PCR|real-time quantitative PCR", "实时荧光定量PCR|荧光定量PCR|定量PCR"),
    ("ddpcr", "ddPCR|droplet digital PCR|digital PCR", "数字PCR|微滴式数字PCR"),
    ("flow", "Flow cytometry|flow|FCM|FACS", "流式细胞术|流式|流式检测"),
    ("elisa", "ELISA|enzyme-linked immunosorbent assay", "酶联免疫吸附|酶联免疫吸附试验"),
    ("ligand_binding", "Ligand-binding assay|ligand binding|LBA", "配体结合|配体结合试验"),
    ("ngs", "Next-generation sequencing|NGS|high-throughput sequencing", "二代测序|高通量测序|下一代测序"),
    ("culture", "Culture|co-culture", "培养|共培养|培养法"),
    ("ihc", "Immunohistochemistry|IHC", "免疫组化|免疫组织化学"),
    ("functional", "Functional assay|functional", "功能试验|功能检测"),
    ("imaging", "Imaging", "影像|影像学"),
    ("elispot", "ELISpot", "酶联免疫斑点|酶联免疫斑点试验"),
    (
        "integration_site_analysis",
        "Integration-site analysis|insertion-site sequencing|LAM-PCR",
        "整合位点分析|插入位点测序",
    ),
    ("neutralising_antibody", "Neutralising antibody assay|neutralizing antibody assay|NAb", "中和抗体|中和抗体试验"),
)

_PROCEDURES: Final[tuple[Row, ...]] = (
    ("leukapheresis", "Leukapheresis|apheresis|leukocytapheresis", "白细胞单采|单采|单采术|白细胞单采术"),
    ("blood_collection", "Blood collection|blood draw", "采血|血液采集"),
    ("marrow_aspiration", "Marrow aspiration|bone marrow aspiration|bone marrow aspirate", "骨髓穿刺|骨穿"),
    ("tumour_resection", "Tumour resection|tumor resection", "肿瘤切除|取瘤"),
    (
        "lymphodepletion",
        "Lymphodepletion|lymphodepleting chemotherapy|preconditioning|conditioning",
        "清淋|清淋预处理|清淋化疗|淋巴细胞清除化疗|预处理",
    ),
    ("bridging_therapy", "Bridging therapy|bridging", "桥接治疗|桥接化疗"),
    ("infusion", "Infusion|cell infusion|reinfusion", "回输|细胞回输|输注|细胞输注"),
    ("intravenous_infusion", "Intravenous infusion", "静脉输注|静脉回输"),
    ("intraperitoneal_infusion", "Intraperitoneal infusion", "腹腔灌注|腹腔内输注"),
    ("intrapleural_infusion", "Intrapleural infusion", "胸腔灌注|胸腔内输注"),
    ("hepatic_artery_infusion", "Hepatic artery infusion|hepatic arterial infusion", "肝动脉灌注|肝动脉输注"),
    ("intratumoural_injection", "Intratumoural injection|intratumoral injection", "瘤内注射|瘤内给药"),
    ("intraventricular_infusion", "Intraventricular infusion", "脑室内给药|脑室内输注"),
    ("subcutaneous_injection", "Subcutaneous injection", "皮下注射"),
    ("intradermal_injection", "Intradermal injection", "皮内注射"),
    ("thaw", "Thawing|thaw", "复苏|融化|解冻"),
    ("cryopreservation", "Cryopreservation", "冻存|冷冻保存"),
    ("biopsy", "Biopsy", "活检|穿刺活检"),
    ("lumbar_puncture", "Lumbar puncture", "腰椎穿刺|腰穿"),
    (
        "stem_cell_transplant",
        "Haematopoietic stem cell transplantation|hematopoietic stem cell transplantation|HSCT",
        "造血干细胞移植|骨髓移植",
    ),
    ("pet_ct", "PET-CT|FDG-PET", "PET-CT检查"),
    ("echocardiogram", "Echocardiogram|echocardiography", "超声心动图|心脏彩超"),
    ("informed_consent", "Informed consent", "知情同意|签署知情同意书"),
)

_RESOURCES: Final[tuple[Row, ...]] = (
    (
        "intensive_care",
        "Intensive care|intensive care unit|ICU|critical care",
        "重症监护|重症监护病房|重症医学科|重症监护室|监护病房",
    ),
    ("neurology", "Neurology|department of neurology", "神经内科|神经科"),
    ("haematology", "Haematology|hematology", "血液科|血液内科"),
    ("oncology", "Oncology|medical oncology", "肿瘤科|肿瘤内科"),
    ("cardiology", "Cardiology", "心内科|心血管内科"),
    ("infectious_diseases", "Infectious diseases", "感染科|感染性疾病科"),
    ("nephrology", "Nephrology", "肾内科"),
    ("dialysis", "Dialysis|haemodialysis|hemodialysis", "透析|血液透析"),
    ("transfusion", "Transfusion service|blood bank|transfusion", "输血科|血库"),
    ("apheresis_unit", "Apheresis unit", "单采室|血液成分单采中心"),
    ("hepatology", "Hepatology", "肝病科"),
    ("gastroenterology", "Gastroenterology", "消化内科|消化科"),
    ("respiratory_medicine", "Respiratory medicine|pulmonology", "呼吸内科|呼吸科"),
    ("dermatology", "Dermatology", "皮肤科"),
    ("ophthalmology", "Ophthalmology", "眼科"),
    ("pharmacy", "Pharmacy", "药剂科|药房"),
    ("interventional_radiology", "Interventional radiology", "介入科|介入放射科"),
    ("surgery", "Surgery", "外科"),
    ("neurosurgery", "Neurosurgery", "神经外科"),
    ("emergency", "Emergency department|emergency care|emergency room|emergency", "急诊科|急诊|急救"),
    ("tocilizumab", "Tocilizumab|tocilizumab dose", "托珠单抗"),
    ("dexamethasone", "Dexamethasone", "地塞米松"),
    ("methylprednisolone", "Methylprednisolone", "甲泼尼龙|甲强龙"),
    ("corticosteroid", "Corticosteroid|corticosteroids|glucocorticoid", "糖皮质激素|皮质类固醇"),
    ("anakinra", "Anakinra", "阿那白滞素"),
    ("levetiracetam", "Levetiracetam", "左乙拉西坦"),
    ("immunoglobulin", "Immunoglobulin|IVIG|intravenous immunoglobulin", "静脉注射免疫球蛋白|丙种球蛋白|丙球"),
    ("ruxolitinib", "Ruxolitinib", "芦可替尼"),
    ("siltuximab", "Siltuximab", "司妥昔单抗"),
    ("interleukin_2", "Aldesleukin|IL-2|interleukin-2", "阿地白介素|白细胞介素-2|白介素-2"),
    ("central_laboratory", "Central laboratory", "中心实验室"),
    ("quality_assurance", "Quality assurance|qualified person", "质量保证|质量受权人"),
)

_RESPONSES: Final[tuple[Row, ...]] = (
    ("sCR", "Stringent complete response", "严格意义的完全缓解|严格完全缓解"),
    ("CR", "Complete response|complete remission", "完全缓解"),
    ("CMR", "Complete metabolic response", "完全代谢缓解"),
    ("iCR", "Immune complete response", "免疫完全缓解"),
    ("iPR", "Immune partial response", "免疫部分缓解"),
    ("iSD", "Immune stable disease", "免疫疾病稳定"),
    ("iUPD", "Immune unconfirmed progressive disease", "免疫未确认疾病进展"),
    ("iCPD", "Immune confirmed progressive disease", "免疫已确认疾病进展"),
    ("NON-iCR/NON-iUPD", "Immune non-complete response, non-progressive disease", "免疫非完全缓解非疾病进展"),
    ("NED", "No evidence of disease", "无疾病证据"),
    ("NR", "No response", "无缓解|未缓解"),
    ("CRh", "Complete remission with partial haematologic recovery|CRh", "血细胞部分恢复的完全缓解"),
    (
        "CRi",
        "Complete remission with incomplete haematologic recovery|complete remission with incomplete recovery",
        "血细胞未完全恢复的完全缓解|血细胞恢复不完全的完全缓解",
    ),
    ("MLFS", "Morphologic leukaemia-free state|morphologic leukemia-free state", "形态学无白血病状态"),
    ("VGPR", "Very good partial response", "非常好的部分缓解"),
    ("PR", "Partial response|partial remission", "部分缓解"),
    ("PMR", "Partial metabolic response", "部分代谢缓解"),
    ("MR", "Minimal response|minor response", "微小缓解"),
    ("SD", "Stable disease", "疾病稳定|病情稳定"),
    ("NMR", "No metabolic response", "无代谢缓解"),
    ("NON-CR/NON-PD", "Non-complete response, non-progressive disease|neither CR nor PD", "非完全缓解非疾病进展"),
    ("PD", "Progressive disease|disease progression|progression", "疾病进展|病情进展"),
    ("PMD", "Progressive metabolic disease", "代谢进展|疾病代谢进展"),
    ("RELAPSE", "Relapse|relapse from complete response", "复发"),
    ("NE", "Not evaluable|not assessable", "无法评估|不可评价|不可评估"),
)

_RESPONSE_CRITERIA: Final[tuple[Row, ...]] = (
    (
        "recist_1_1",
        "RECIST 1.1|RECIST v1.1|RECIST version 1.1|RECIST",
        "实体瘤疗效评价标准1.1版|RECIST 1.1版|实体瘤疗效评价标准",
    ),
    ("irecist", "iRECIST|iRECIST 2017", "免疫疗法实体瘤疗效评价标准|iRECIST标准"),
    ("mrecist", "mRECIST|modified RECIST", "改良实体瘤疗效评价标准|mRECIST标准"),
    ("imwg_2016", "IMWG 2016|IMWG", "国际骨髓瘤工作组2016版疗效标准|国际骨髓瘤工作组疗效标准"),
    ("lugano_2014", "Lugano 2014|Lugano", "Lugano 2014标准|Lugano标准"),
    ("lyric", "LYRIC|LYRIC 2016", "LYRIC标准"),
    ("eln_2022", "ELN 2022|ELN", "欧洲白血病网2022版标准"),
)

_ENDPOINTS: Final[tuple[Row, ...]] = (
    ("orr", "Objective response rate|overall response rate|ORR", "客观缓解率|总缓解率"),
    ("bor", "Best overall response|BOR", "最佳总缓解|最佳疗效"),
    ("dor", "Duration of response|DOR", "缓解持续时间"),
    ("pfs", "Progression-free survival|PFS", "无进展生存期|无进展生存时间|无进展生存"),
    ("os", "Overall survival|OS", "总生存期|总生存时间|总生存"),
    ("efs", "Event-free survival|EFS", "无事件生存期|无事件生存"),
    ("rfs", "Relapse-free survival|recurrence-free survival|RFS", "无复发生存期|无复发生存"),
    ("dfs", "Disease-free survival|DFS", "无病生存期|无病生存"),
    ("dcr", "Disease control rate|DCR", "疾病控制率"),
    ("time_to_response", "Time to response", "至缓解时间"),
    ("mrd_negativity", "MRD negativity|MRD-negative rate", "MRD阴性率|微小残留病阴性率"),
)

_SITUATIONS: Final[tuple[Row, ...]] = (
    ("relapsed", "Relapsed|relapse", "复发"),
    ("refractory", "Refractory", "难治|难治性"),
    ("relapsed_refractory", "Relapsed or refractory|relapsed/refractory|r/r", "复发难治|复发或难治|复发/难治"),
    ("newly_diagnosed", "Newly diagnosed|previously untreated", "初治|新诊断"),
    ("unresectable", "Unresectable", "不可切除"),
    ("locally_advanced", "Locally advanced", "局部晚期"),
    ("metastatic", "Metastatic", "转移性|转移"),
    ("advanced", "Advanced", "晚期"),
    ("progressed_after_standard", "Progressed after standard therapy|failure of standard therapy", "标准治疗失败"),
)

_ROMAN: Final = (("i", "I", "1"), ("ii", "II", "2"), ("iii", "III", "3"), ("iv", "IV", "4"))
#: Prefix of the code, English and Chinese word before the number, highest number, letters that may follow.
_SCALES: Final = (
    ("stage", "stage", "", 4, "ABC"),
    ("iss", "ISS", "ISS", 3, ""),
    ("r_iss", "R-ISS", "R-ISS", 3, ""),
    ("r2_iss", "R2-ISS", "R2-ISS", 4, ""),
    ("ann_arbor", "Ann Arbor", "Ann Arbor", 4, ""),
    ("lugano", "Lugano", "Lugano", 4, ""),
    ("figo", "FIGO", "FIGO", 4, "ABC"),
    ("cnlc", "CNLC", "CNLC", 4, "AB"),
)


def _stages() -> tuple[Row, ...]:
    """Return the numbered stages of every scale, in Roman and Arabic numerals."""
    rows = []
    for prefix, english, chinese, highest, letters in _SCALES:
        for code, roman, arabic in _ROMAN[:highest]:
            for letter in ("", *letters):
                forms = (f"{roman}{letter}", f"{arabic}{letter}")
                en = [f"{english} {form}" for form in forms]
                en += [f"{english} stage {form}" for form in forms if prefix != "stage"]
                zh = [f"{chinese}{form}期" for form in forms]
                rows.append((f"{prefix}_{code}{letter.lower()}", "|".join(en), "|".join(zh)))
    rows += [(f"bclc_{letter.lower()}", f"BCLC {letter}|BCLC stage {letter}", f"BCLC {letter}期") for letter in "0ABCD"]
    rows += [
        (f"child_pugh_{letter.lower()}", f"Child-Pugh {letter}|Child-Pugh class {letter}", f"Child-Pugh {letter}级")
        for letter in "ABC"
    ]
    return tuple(rows)


TERMS: Final[Mapping[str, tuple[Row, ...]]] = {
    "adverse_event": _ADVERSE_EVENTS + CTCAE_TERMS,
    "follow_up_item": _FOLLOW_UP_ITEMS,
    "product_attribute": _ATTRIBUTES,
    "release_test": _RELEASE_TESTS,
    "assay": _ASSAYS,
    "procedure": _PROCEDURES,
    "resource": _RESOURCES,
    "stage": (*_SITUATIONS, *_stages()),
    "response": _RESPONSES,
    "response_criteria": _RESPONSE_CRITERIA,
    "endpoint": _ENDPOINTS,
}
